package import InspectorCore

/// Decodes a terminal's bytes into keys, pastes and mouse events.
///
/// A state machine without a clock: ``timeout`` says after which silence to call ``flush(after:)``. Nothing else is
/// mistaken for a key: replies to queries, mouse reports of every protocol, focus reports and truncated sequences yield
/// no keys, however they are split over reads, and pastes are always text. ^c, an Esc that begins another sequence, and
/// the start of a paste are recognized at any time.
///
/// Sources: ECMA-48 section 5, xterm's "Control Sequences", and the kitty keyboard protocol.
package struct KeyDecoder: Sendable {
    /// The maximum length of a paste, in bytes. Longer pastes are truncated.
    package static let pasteLimit = 4 << 20

    /// The maximum length of a control string, in bytes. Longer ones are dropped up to the next pause.
    package static let stringLimit = 64 << 10

    /// The maximum length of a control sequence, in bytes. Longer ones are ignored.
    package static let sequenceLimit = 64

    /// A read of at least `count` bytes with at least `kinds` distinct values is a paste from a terminal without
    /// bracketed paste. A key held down on a slow line sends fewer distinct bytes.
    package static let burst = (count: 32, kinds: 10)

    /// After this silence an incomplete sequence is dropped.
    package static let sequencePause: Duration = .seconds(2)

    /// After this silence, a control string that is too long is dropped.
    package static let longStringPause: Duration = .milliseconds(100)

    /// How long after an Esc the rest of a sequence may still arrive over a slow line.
    package static let latePause: Duration = .seconds(1)

    /// After this silence an unmarked paste is complete.
    package static let pastePause: Duration = .milliseconds(200)

    /// After this silence, a lone ^c inside a paste counts as typed, because the paste's end must be missing.
    package static let interruptPause: Duration = .milliseconds(250)

    private enum State {
        case ground
        /// The first bytes of a character (UTF-8), and whether an Esc came before them.
        case character([UInt8], isAlt: Bool)
        /// The bytes received so far of an escape sequence, starting with Esc.
        case sequence([UInt8])
        /// Inside a control string (OSC, DCS, SOS, PM or APC), which never runs as keys. Only the terminal's background is read
        /// from it.
        case string(ControlString)
        /// Inside a paste, whose bytes are in `pasted`.
        case paste(Paste)
        /// An Esc was reported as a key.
        case afterEscape
        /// After that Esc, a byte that may continue its sequence or be a key.
        case late(UInt8)
    }

    private struct ControlString {
        var isOSC: Bool
        /// Whether the string began with a C1 control, so that it may also end with one.
        var isEightBit: Bool
        var count = 0
        var endsWithEscape = false
        /// Its first bytes.
        var start: [UInt8] = []
    }

    private struct Paste {
        /// Whether the terminal marks its end (bracketed paste). Otherwise a silence ends it.
        var isMarked: Bool
        /// How many bytes of the end mark have arrived.
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
    ///   - declared: Key sequences from terminfo, for unusual terminals.
    package init(escapeDelay: Duration = .milliseconds(25), declared: DeclaredKeys = DeclaredKeys()) {
        self.escapeDelay = escapeDelay
        self.declared = declared
    }

    /// How long to wait for more input before ``flush(after:)`` is called. `nil`: nothing is incomplete.
    package var timeout: Duration? {
        switch state {
        case .ground: nil
        case .sequence(let bytes) where bytes.count == 1: escapeDelay
        case .late: escapeDelay
        case .afterEscape: Self.latePause
        case .sequence, .character: Self.sequencePause
        case .string(let string): string.count > Self.stringLimit ? Self.longStringPause : Self.sequencePause
        case .paste(let paste) where paste.isMarked: paste.endsWithInterrupt ? Self.interruptPause : nil
        case .paste: Self.pastePause
        }
    }

    /// Decodes the bytes of one read.
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

    /// Resolves an incomplete sequence after `silence` without input.
    package mutating func flush(after silence: Duration? = nil) -> [Message] {
        guard let timeout, timeout <= silence ?? escapeDelay else { return [] }
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

    /// Whether a read is an unmarked paste, possibly cut inside a character.
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

    /// Inside a paste, holds back a lone ^c until more input arrives. Returns the bytes to decode now.
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
        // The end mark begins with its only Esc.
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

    /// Takes a byte where a key or a sequence may begin. Bytes that can't begin one are dropped.
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
        case 0x07 where string.isOSC, 0x9C where string.isEightBit: return end(string)
        case UInt8(ascii: "\\") where string.endsWithEscape: return end(string)
        case _ where string.endsWithEscape && byte != Self.escape:
            state = .sequence([Self.escape])
            return take(byte)
        default:
            string.count += 1
            if string.start.count < TerminalBackground.longestReply, byte != Self.escape { string.start.append(byte) }
            string.endsWithEscape = byte == Self.escape
            state = .string(string)
            return []
        }
    }

    private mutating func end(_ string: ControlString) -> [Message] {
        resolve(string.isOSC ? TerminalBackground.isLight(reply: string.start).map { .background(isLight: $0) } : nil)
    }

    /// Takes the next byte of a sequence that began with `bytes`.
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
            // It wasn't one of the declared sequences.
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

    /// Takes the byte after an Esc: without a pause between them, they are a key with Alt.
    private mutating func takeSecond(_ byte: UInt8) -> [Message] {
        switch byte {
        case UInt8(ascii: "["), UInt8(ascii: "O"): return []
        case _ where Self.stringIntroducers.contains(byte):
            state = .string(ControlString(isOSC: byte == UInt8(ascii: "]"), isEightBit: false))
            return []
        case 0x7F: return resolve(.key(.control("w")))  // Alt-Backspace removes the word before the cursor.
        case 0x20..<0x7F: return resolve(.key(.alt(Character(Unicode.Scalar(byte)))))
        case 0xC2..<0xF5:
            state = .character([byte], isAlt: true)
            return []
        case 0..<0x20: return resolve(.key(.other))
        default: return resolve(nil)
        }
    }
}
