package import InspectorCore

/// Turns the bytes that a terminal sends into keys, pastes and presses of the mouse.
///
/// It is a state machine over bytes and silences, and knows no clock: ``patience`` says after which silence to call
/// ``flush(after:)``. Only keys are keys. Answers to queries that another program made, mouse reports of every protocol,
/// focus reports and sequences that are cut off yield nothing, however they are split over reads, and a paste is text
/// whatever it holds. Three things are heard at any time: ^c, an Esc that begins another sequence, and the start of a paste.
///
/// Sources: ECMA-48 section 5, xterm's "Control Sequences", and the kitty keyboard protocol.
package struct KeyDecoder: Sendable {
    /// A paste is cut here, in bytes: no text that a person means to paste is longer.
    package static let pasteLimit = 4 << 20

    /// A string of more bytes than this is no answer: it is dropped up to the next pause.
    package static let stringLimit = 64 << 10

    /// A control sequence with more bytes than this is no key.
    package static let sequenceLimit = 64

    /// So many characters in one read, of so many kinds, aren't typed: a terminal without bracketed paste has sent a
    /// paste. A key that was held down while the line was slow is one kind, and a few hasty keys are a few.
    package static let burst = (count: 32, kinds: 10)

    /// After this silence a sequence is cut off, and dropped.
    package static let sequencePause: Duration = .seconds(2)

    /// The same for a string that is too long.
    package static let floodPause: Duration = .milliseconds(100)

    /// How long what follows an Esc may still turn out to be the rest of a sequence that a slow line has split.
    package static let latePause: Duration = .seconds(1)

    /// After this silence an unmarked paste is complete.
    package static let pastePause: Duration = .milliseconds(200)

    /// After this silence a ^c that came alone inside a paste was typed: the end of the paste is lost.
    package static let interruptPause: Duration = .milliseconds(250)

    private enum State {
        case ground
        /// The first bytes of a character (UTF-8), and whether an Esc came before them.
        case character([UInt8], isAlt: Bool)
        /// The first bytes of a sequence, from its Esc on.
        case sequence([UInt8])
        /// Inside a control string (OSC, DCS, SOS, PM or APC). Nothing of it is kept.
        case string(ControlString)
        /// Inside a paste, whose bytes are in `pasted`.
        case paste(Paste)
        /// An Esc was reported as a key.
        case afterEscape
        /// Behind that Esc came a byte that begins a sequence: the rest of one, or a key.
        case late(UInt8)
    }

    private struct ControlString {
        var isOSC: Bool
        /// Whether it began with a C1 control, and may end with one. Otherwise that byte belongs to a character.
        var isEightBit: Bool
        var count = 0
        var endsWithEscape = false
    }

    private struct Paste {
        /// Whether the terminal marks its end. Otherwise a silence does.
        var isMarked: Bool
        /// How many bytes of the mark of its end have come.
        var matched = 0
        /// Whether the last read was ^c alone.
        var endsWithInterrupt = false
    }

    private static let escape: UInt8 = 0x1B
    private static let interrupt: UInt8 = 0x03
    private static let pasteEnd = Array("\u{1B}[201~".utf8)
    private static let stringIntroducers = Set("]PX^_".utf8)
    private static let introducers = Set("[O]PX^_".utf8)

    private let escapeDelay: Duration
    private let declared: DeclaredKeys
    private var state = State.ground
    private var pasted: [UInt8] = []

    /// - Parameters:
    ///   - escapeDelay: How long an Esc waits for the rest of a sequence (`ESCDELAY`).
    ///   - declared: The keys that the terminal's description (terminfo) has, for terminals with sequences of their own.
    package init(escapeDelay: Duration = .milliseconds(25), declared: DeclaredKeys = DeclaredKeys()) {
        self.escapeDelay = escapeDelay
        self.declared = declared
    }

    /// Whether something has begun and not ended.
    package var isWaiting: Bool { patience != nil }

    /// After which silence to call ``flush(after:)``. `nil`: nothing waits for one.
    package var patience: Duration? {
        switch state {
        case .ground: nil
        case .sequence(let bytes) where bytes.count == 1: escapeDelay
        case .late: escapeDelay
        case .afterEscape: Self.latePause
        case .sequence, .character: Self.sequencePause
        case .string(let string): string.count > Self.stringLimit ? Self.floodPause : Self.sequencePause
        case .paste(let paste) where paste.isMarked: paste.endsWithInterrupt ? Self.interruptPause : nil
        case .paste: Self.pastePause
        }
    }

    /// Takes what one read has brought.
    package mutating func decode(_ bytes: [UInt8]) -> [Message] {
        if Self.isBurst(bytes), isBetweenKeys(bytes[0]) { state = .paste(Paste(isMarked: false)) }
        var messages: [Message] = []
        var rest = holdInterrupt(in: bytes)
        while let byte = rest.first {
            if case .paste(let paste) = state {
                messages += takeOfPaste(&rest, paste)
            } else {
                rest.removeFirst()
                messages += take(byte)
            }
        }
        return messages
    }

    /// Resolves what waits for more bytes, none of which have come for `silence`.
    package mutating func flush(after silence: Duration? = nil) -> [Message] {
        guard let patience, patience <= silence ?? escapeDelay else { return [] }
        switch state {
        case .sequence([Self.escape]):
            state = .afterEscape
            return [.key(.escape)]
        case .sequence(let bytes) where bytes.count == 1: return resolve(.key(Key(byte: bytes[0])))
        case .late(let byte): return resolve(.key(Key(byte: byte)))
        case .paste(let paste) where paste.isMarked:
            pasted = []
            return resolve(.key(.control("c")))
        case .paste: return endPaste()
        default: return resolve(nil)
        }
    }

    private mutating func resolve(_ message: Message?) -> [Message] {
        state = .ground
        return message.map { [$0] } ?? []
    }

    // MARK: Pastes

    /// Whether a read is an unmarked paste. One that is cut inside a character is, too.
    private static func isBurst(_ bytes: [UInt8]) -> Bool {
        bytes.count >= burst.count && Set(bytes).count >= burst.kinds
            && bytes.allSatisfy { $0 >= 0x20 && $0 != 0x7F || [0x09, 0x0A, 0x0D].contains($0) }
    }

    private func isBetweenKeys(_ first: UInt8) -> Bool {
        switch state {
        case .ground: true
        case .afterEscape: !Self.introducers.contains(first)
        default: false
        }
    }

    /// Inside a paste, waits with a read of ^c alone for what follows. Returns what is to be taken now.
    private mutating func holdInterrupt(in bytes: [UInt8]) -> ArraySlice<UInt8> {
        guard case .paste(var paste) = state, paste.isMarked else { return bytes[...] }
        let held = paste.endsWithInterrupt ? [Self.interrupt] : []
        paste.endsWithInterrupt = bytes == [Self.interrupt]
        state = .paste(paste)
        return paste.endsWithInterrupt ? held[...] : (held + bytes)[...]
    }

    private mutating func takeOfPaste(_ rest: inout ArraySlice<UInt8>, _ paste: Paste) -> [Message] {
        guard paste.isMarked else {
            keep(rest)
            rest = []
            return []
        }
        var matched = paste.matched
        // An Esc begins the mark of its end, and stands nowhere else in that.
        if matched == 0 {
            let end = rest.firstIndex(of: Self.escape) ?? rest.endIndex
            keep(rest[..<end])
            rest = rest[end...]
        }
        while let byte = rest.first, byte == Self.pasteEnd[matched] {
            rest.removeFirst()
            matched += 1
            if matched == Self.pasteEnd.count { return endPaste() }
        }
        if !rest.isEmpty {
            keep(Self.pasteEnd[..<matched])
            matched = 0
        }
        state = .paste(Paste(isMarked: true, matched: matched, endsWithInterrupt: paste.endsWithInterrupt))
        return []
    }

    private mutating func keep(_ bytes: some Collection<UInt8>) {
        pasted.append(contentsOf: bytes.prefix(max(Self.pasteLimit - pasted.count, 0)))
    }

    private mutating func endPaste() -> [Message] {
        let text = String(decoding: pasted, as: UTF8.self)
        pasted = []
        // Terminals send a carriage return for each line break of a paste.
        return resolve(.paste(text.replacing("\r\n", with: "\n").replacing("\r", with: "\n")))
    }

    // MARK: Bytes

    private mutating func take(_ byte: UInt8) -> [Message] {
        switch state {
        case .ground, .paste: return begin(byte)
        case .character(let bytes, let isAlt): return take(byte, behind: bytes, isAlt: isAlt)
        case .sequence(let bytes): return take(byte, behind: bytes)
        case .string(let string): return take(byte, in: string)
        case .afterEscape:
            state = .ground
            guard Self.introducers.contains(byte) else { return begin(byte) }
            state = .late(byte)
            return []
        case .late(let first):
            state = .sequence([Self.escape])
            return take(first) + take(byte)
        }
    }

    /// Takes a byte where a key may begin. One that can begin nothing is dropped.
    private mutating func begin(_ byte: UInt8) -> [Message] {
        switch byte {
        case Self.escape: state = .sequence([byte])
        case 0..<0x80 where !declared.isPrefix([byte]): return resolve(.key(Key(byte: byte)))
        case 0..<0x80: state = .sequence([byte])
        case 0x80..<0xA0: return beginC1(byte)
        case 0xC2..<0xF5: state = .character([byte], isAlt: false)
        default: state = .ground
        }
        return []
    }

    /// A C1 control stands for an Esc and the byte 64 below it (ECMA-48, section 5.3).
    private mutating func beginC1(_ byte: UInt8) -> [Message] {
        state = .ground
        guard Self.introducers.contains(byte - 0x40) else { return [] }
        state = .sequence([Self.escape])
        let messages = take(byte - 0x40)
        if case .string(var string) = state {
            string.isEightBit = true
            state = .string(string)
        }
        return messages
    }

    private mutating func take(_ byte: UInt8, behind bytes: [UInt8], isAlt: Bool) -> [Message] {
        guard (0x80..<0xC0).contains(byte) else { return begin(byte) }
        let bytes = bytes + [byte]
        guard bytes.count == (bytes[0] >= 0xF0 ? 4 : bytes[0] >= 0xE0 ? 3 : 2) else {
            state = .character(bytes, isAlt: isAlt)
            return []
        }
        guard let scalar = String(validating: bytes, as: UTF8.self)?.unicodeScalars.first else { return resolve(nil) }
        if scalar.value < 0xA0 { return beginC1(UInt8(scalar.value)) }
        return resolve(.key(isAlt ? .alt(Character(scalar)) : .character(Character(scalar))))
    }

    private mutating func take(_ byte: UInt8, in string: ControlString) -> [Message] {
        var string = string
        switch byte {
        case Self.interrupt: return resolve(.key(.control("c")))
        case 0x18, 0x1A: return resolve(nil)  // CAN and SUB cancel it.
        case 0x07 where string.isOSC, 0x9C where string.isEightBit: return resolve(nil)
        case UInt8(ascii: "\\") where string.endsWithEscape: return resolve(nil)
        case _ where string.endsWithEscape && byte != Self.escape:
            state = .sequence([Self.escape])
            return take(byte)
        default:
            string.count += 1
            string.endsWithEscape = byte == Self.escape
            state = .string(string)
            return []
        }
    }

    /// Takes a byte of a sequence, of which `bytes` have come.
    private mutating func take(_ byte: UInt8, behind bytes: [UInt8]) -> [Message] {
        let isEscape = bytes[0] == Self.escape
        if isEscape, !ControlSequence.isRawReport(bytes) {
            if byte == Self.interrupt { return resolve(.key(.control("c"))) }
            if byte == Self.escape {
                state = .sequence([byte])
                return bytes == [byte] ? [.key(.escape)] : []
            }
        }
        let all = bytes.count < Self.sequenceLimit ? bytes + [byte] : bytes
        if let key = declared.key(all) { return resolve(.key(key)) }
        state = .sequence(all)
        if declared.isPrefix(all) { return [] }
        guard isEscape else {
            // None of the terminal's own sequences, after all.
            var messages = resolve(.key(Key(byte: bytes[0])))
            for byte in bytes.dropFirst() + [byte] { messages += take(byte) }
            return messages
        }
        if bytes.count == 1 { return takeSecond(byte) }
        switch ControlSequence.step(all, byte) {
        case .more: return []
        case .ignored:
            state = .sequence(bytes)
            return []
        case .end where bytes.count >= Self.sequenceLimit: return resolve(nil)
        case .end(let message): return resolve(message)
        case .paste:
            state = .paste(Paste(isMarked: true))
            return []
        }
    }

    /// Takes the byte behind an Esc. One that came in the same moment is a key with Alt.
    private mutating func takeSecond(_ byte: UInt8) -> [Message] {
        switch byte {
        case UInt8(ascii: "["), UInt8(ascii: "O"): return []
        case _ where Self.stringIntroducers.contains(byte):
            state = .string(ControlString(isOSC: byte == UInt8(ascii: "]"), isEightBit: false))
            return []
        case 0x7F: return resolve(.key(.control("w")))  // Alt and Backspace: the word before the cursor.
        case 0x20..<0x7F: return resolve(.key(.alt(Character(Unicode.Scalar(byte)))))
        case 0xC2..<0xF5:
            state = .character([byte], isAlt: true)
            return []
        case 0..<0x20: return resolve(.key(.other))
        default: return resolve(nil)
        }
    }
}
