import InspectorCore
import VisitorSessionsTesting

/// A part of an input: bytes, and the keys that were typed for them.
struct Piece {
    var bytes: [UInt8]
    var keys: [Key] = []

    /// Whether only a silence tells where it ends: behind an Esc, and behind what is cut off.
    var needsSilence = false

    static func random(using random: inout SplitMix) -> Piece {
        switch Int.random(in: 0..<12, using: &random) {
        case 0..<4: key(using: &random)
        case 4, 5: string(using: &random)
        case 6, 7: report(using: &random)
        case 8: rawMouse(using: &random)
        case 9: paste(using: &random)
        case 10: cutOff(using: &random)
        default: garbage(using: &random)
        }
    }

    private init(_ text: String, _ keys: Key..., needsSilence: Bool = false) {
        self.init(bytes: Array(text.utf8), keys: keys, needsSilence: needsSilence)
    }

    private init(bytes: [UInt8], keys: [Key] = [], needsSilence: Bool = false) {
        self.bytes = bytes
        self.keys = keys
        self.needsSilence = needsSilence
    }

    private static func key(using random: inout SplitMix) -> Piece {
        let known: [Piece] = [
            Piece("g", .character("g")), Piece("r", .character("r")), Piece("购", .character("购")),
            Piece("\r", .enter), Piece("\t", .tab), Piece("\u{3}", .control("c")), Piece("\u{7F}", .backspace),
            Piece("\u{1B}", .escape, needsSilence: true), Piece("\u{1B}[A", .up), Piece("\u{1B}OB", .down),
            Piece("\u{1B}[1;5C", .right), Piece("\u{1B}[3~", .delete), Piece("\u{1B}[15;2~", .function(5)),
            Piece("\u{1B}x", .alt("x")), Piece("\u{1B}[27u", .escape), Piece("\u{1B}[99;5u", .control("c")),
            Piece("\u{1B}[99;5:2u", .control("c")), Piece("\u{1B}[27;5;99~", .control("c")),
            Piece("\u{1B}[103;1;103u", .character("g")), Piece("\u{1B}[[B", .function(2)), Piece("\u{1B}OM", .enter),
        ]
        return known.randomElement(using: &random) ?? Piece("j", .character("j"))
    }

    private static let letters = Array("grdysSDqQnvu019;:/=+,. Ü购~{|}".utf8)

    private static func text(using random: inout SplitMix) -> [UInt8] {
        (0..<Int.random(in: 0...40, using: &random)).map { _ in letters.randomElement(using: &random) ?? 0x67 }
    }

    private static func string(using random: inout SplitMix) -> Piece {
        let body = text(using: &random)
        let starts: [(String, [String])] = [
            ("\u{1B}]", ["\u{7}", "\u{1B}\\"]), ("\u{1B}P", ["\u{1B}\\"]), ("\u{1B}_", ["\u{1B}\\"]),
            ("\u{1B}^", ["\u{1B}\\"]), ("\u{1B}X", ["\u{1B}\\", "\u{18}", "\u{1A}"]),
        ]
        let (start, ends) = starts.randomElement(using: &random) ?? starts[0]
        return Piece(bytes: Array(start.utf8) + body + Array((ends.randomElement(using: &random) ?? "\u{1B}\\").utf8))
    }

    private static func report(using random: inout SplitMix) -> Piece {
        let numbers = (0..<3).map { _ in String(Int.random(in: 0...300, using: &random)) }
        let all = [
            "<35;\(numbers[1]);\(numbers[2])m", "?\(numbers[0]);\(numbers[1])c", "\(numbers[0]);\(numbers[1])R",
            "?\(numbers[0]);\(numbers[1])$y", "I", "O", ">\(numbers[0])c", "\(numbers[0])n", "?\(numbers[0])u",
            "\(numbers[0]);\(numbers[1]);\(numbers[2])t", "99;5:3u", "1;1:3A",
            "5744\(Int.random(in: 1...9, using: &random))u",
            "\(numbers[0]);\(numbers[1]);\(numbers[2])M", "<\(numbers[0]);\(numbers[1]);\(numbers[2])M",
        ]
        return Piece("\u{1B}[\(all.randomElement(using: &random) ?? "I")")
    }

    private static func rawMouse(using random: inout SplitMix) -> Piece {
        Piece(bytes: Array("\u{1B}[M".utf8) + (0..<3).map { _ in UInt8.random(in: .min ... .max, using: &random) })
    }

    private static func paste(using random: inout SplitMix) -> Piece {
        let body = text(using: &random) + Array("\u{1B}[A\u{3}\u{1B}]g\r".utf8) + text(using: &random)
        return Piece(bytes: Array("\u{1B}[200~".utf8) + body + Array("\u{1B}[201~".utf8))
    }

    /// An answer whose end is lost.
    private static func cutOff(using random: inout SplitMix) -> Piece {
        var piece = [string, report, rawMouse].randomElement(using: &random)?(&random) ?? string(using: &random)
        piece.bytes.removeLast(Int.random(in: 1...max(piece.bytes.count - 2, 1), using: &random))
        piece.needsSilence = true
        return piece
    }

    private static func garbage(using random: inout SplitMix) -> Piece {
        let bytes: [[UInt8]] = [[0xFF], [0xC0], [0xA5, 0xBF], [0xED, 0xA0, 0x80], [0xF5], [0xC2]]
        return Piece(bytes: bytes.randomElement(using: &random) ?? [0xFF], needsSilence: true)
    }
}
