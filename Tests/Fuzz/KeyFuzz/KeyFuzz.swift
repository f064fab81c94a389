import Foundation
import InspectorCore
import InspectorTerminal
import VisitorSessionsTesting

/// Looks for a sequence of bytes that yields a key which was not typed: `key-fuzz [seconds] [seed]`.
///
/// Each round makes an input of keys and of what terminals say, cuts it into reads with pauses between, and compares the
/// keys that come out with those that were typed. Every other round takes any bytes, and looks whether the decoder takes them
/// the same way however they are cut, stays small, and hears keys again after a silence.
@main
enum KeyFuzz {
    static func main() {
        let arguments = CommandLine.arguments.dropFirst().compactMap { UInt64($0) }
        let seconds = arguments.first ?? 60
        let seed = arguments.count > 1 ? arguments[1] : UInt64.random(in: 0 ... .max)
        print("key-fuzz: \(seconds) s from seed \(seed)")
        let clock = ContinuousClock()
        let deadline = clock.now + .seconds(Int64(seconds))
        var round: UInt64 = 0
        while clock.now < deadline {
            var random = SplitMix(state: seed &+ round)
            let failure = round % 2 == 0 ? checkKeys(&random) : checkBytes(&random)
            if let failure {
                print("seed \(seed &+ round): \(failure)")
                exit(1)
            }
            round += 1
        }
        print("key-fuzz: \(round) inputs, no finding")
    }

    /// Every key that was typed comes out, and no other.
    private static func checkKeys(_ random: inout SplitMix) -> String? {
        var decoder = KeyDecoder()
        var (typed, found, reads): ([Key], [Key], [[UInt8]]) = ([], [], [])
        for _ in 0..<Int.random(in: 1...12, using: &random) {
            let piece = Piece.random(using: &random)
            typed += piece.keys
            for read in cut(piece.bytes, using: &random) {
                reads.append(read)
                found += keys(decoder.decode(read))
                // A pause that is shorter than an Esc waits, anywhere.
                found += keys(decoder.flush(after: .milliseconds(24)))
            }
            if piece.needsSilence { found += keys(settle(&decoder)) }
        }
        found += keys(settle(&decoder))
        return found == typed ? nil : "typed \(typed), found \(found)\n\(reads.map(hex).joined(separator: " | "))"
    }

    /// Any bytes, whole and cut.
    private static func checkBytes(_ random: inout SplitMix) -> String? {
        // So few that they are no unmarked paste: those depend on how they come.
        let bytes = (0..<Int.random(in: 1..<KeyDecoder.burst.count, using: &random)).map { _ in
            Bool.random(using: &random)
                ? UInt8.random(in: .min ... .max, using: &random)
                : "\u{1B}[]OP_^X\\<?>0123;:~uMmRcgrdq\u{3}\u{7}".utf8.randomElement(using: &random) ?? 0
        }
        var (whole, parts) = (KeyDecoder(), KeyDecoder())
        let expected = whole.decode(bytes).map { "\($0)" }
        let found = cut(bytes, using: &random).flatMap { parts.decode($0) }.map { "\($0)" }
        guard expected == found else { return "\(hex(bytes)): whole \(expected), in parts \(found)" }
        _ = settle(&whole)
        // Inside a paste, all but ^c is text.
        let isInPaste = whole.decode([0x6A]).isEmpty
        let heard = isInPaste ? whole.decode([0x03]) + settle(&whole) : []
        return isInPaste && keys(heard) != [.control("c")] ? "\(hex(bytes)): deaf to ^c" : nil
    }

    /// Silence, until nothing waits for it.
    private static func settle(_ decoder: inout KeyDecoder) -> [Message] {
        var messages: [Message] = []
        while let timeout = decoder.timeout { messages += decoder.flush(after: timeout) }
        return messages
    }

    private static func keys(_ messages: [Message]) -> [Key] {
        messages.compactMap { if case .key(let key) = $0 { key } else { nil } }
    }

    private static func cut(_ bytes: [UInt8], using random: inout SplitMix) -> [[UInt8]] {
        var (rest, reads): (ArraySlice<UInt8>, [[UInt8]]) = (bytes[...], [])
        let longest = [1, 3, bytes.count].randomElement(using: &random) ?? 1
        while !rest.isEmpty {
            let count = Int.random(in: 1...max(longest, 1), using: &random)
            reads.append(Array(rest.prefix(count)))
            rest = rest.dropFirst(count)
        }
        return reads
    }

    private static func hex(_ bytes: [UInt8]) -> String {
        bytes.map { String($0, radix: 16) }.joined(separator: " ")
    }
}
