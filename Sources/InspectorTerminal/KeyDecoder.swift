import InspectorCore

/// Turns the bytes that a terminal sends into keys, pastes and presses of the mouse. A value: it holds what has come
/// in only in part.
///
/// It reads the sequences that terminals of today have in common (ECMA-48, and xterm's own), whatever TERM says. A
/// paste is looked through block by block, so that one of megabytes takes no longer than its way through the pipe.
struct KeyDecoder {
    /// A paste is cut here: no text that a person means to paste is longer.
    static let pasteLimit = 4 << 20

    /// So many characters at one go, of so many kinds, are no typing: a terminal without bracketed paste has sent a
    /// paste. A key that was held down while the line stood still is one kind, and a few keys of haste are a few.
    static let burst = (count: 32, kinds: 10)

    private static let pasteEnd = Array("\u{1B}[201~".utf8)

    private var pending: [UInt8] = []
    private var paste: [UInt8]?

    /// Whether an Esc waits for what may come behind it.
    var isWaiting: Bool { paste == nil && !pending.isEmpty }

    /// Whether a paste has begun and not ended.
    var isInPaste: Bool { paste != nil }

    mutating func decode(_ bytes: [UInt8]) -> [Message] {
        pending += bytes
        var messages: [Message] = []
        if paste == nil, let text = burstText() {
            pending = []
            return [.paste(text)]
        }
        while !pending.isEmpty {
            if paste != nil {
                guard let message = continuePaste() else { break }
                messages.append(message)
            } else {
                guard let (message, count) = next() else { break }
                pending.removeFirst(count)
                if let message { messages.append(message) }
            }
        }
        return messages
    }

    /// Nothing more has come for a while: what is there is all there is.
    mutating func flush() -> [Message] {
        guard isWaiting else { return [] }
        defer { pending = [] }
        // An Esc alone, or one that was typed before other keys.
        return pending.compactMap { byte in byte < 0x80 ? .key(Self.key(Unicode.Scalar(byte))) : nil }
    }

    /// Many printable characters at once. `nil`: these are keys.
    private func burstText() -> String? {
        guard pending.count >= Self.burst.count, Set(pending).count >= Self.burst.kinds, !pending.contains(0x1B),
            pending.allSatisfy({ $0 >= 0x20 && $0 != 0x7F || [0x09, 0x0A, 0x0D].contains($0) }),
            let text = String(validating: pending, as: UTF8.self)
        else { return nil }
        return Self.lines(text)
    }

    // MARK: Pastes

    /// `nil`: its end has not come yet.
    private mutating func continuePaste() -> Message? {
        let end = pending.firstRange(of: Self.pasteEnd)
        // The end may have come in part.
        let keep = end == nil ? Self.pasteEnd.count - 1 : 0
        let count = end?.lowerBound ?? max(pending.count - keep, 0)
        let room = max(Self.pasteLimit - (paste?.count ?? 0), 0)
        paste?.append(contentsOf: pending.prefix(min(count, room)))
        pending.removeFirst(end?.upperBound ?? count)
        guard end != nil, let whole = paste else { return nil }
        paste = nil
        return .paste(Self.lines(String(decoding: whole, as: UTF8.self)))
    }

    /// Terminals send a carriage return for each line break of a paste.
    private static func lines(_ text: String) -> String {
        text.replacing("\r\n", with: "\n").replacing("\r", with: "\n")
    }

    // MARK: Keys

    /// The next message, and of how many bytes it was made. `nil`: more bytes are needed.
    private mutating func next() -> (message: Message?, count: Int)? {
        guard let first = pending.first else { return nil }
        guard first == 0x1B else { return character(first) }
        guard pending.count > 1 else { return nil }
        switch pending[1] {
        case UInt8(ascii: "["): return sequence()
        case UInt8(ascii: "O"):
            guard pending.count > 2 else { return nil }
            return (.key(Self.key(final: pending[2])), 3)
        case 0x7F: return (.key(.control("w")), 2)  // Alt and Backspace: the word before the cursor.
        case 0x20..<0x7F, 0xC2...0xF4:
            // Nobody types two keys at one go: that is a key with Alt.
            guard let (message, count) = character(pending[1], at: 1) else { return nil }
            guard case .key(.character(let character))? = message else { return (.key(.escape), 1) }
            return (.key(.alt(character)), count + 1)
        default: return (.key(.escape), 1)
        }
    }

    private func character(_ first: UInt8, at start: Int = 0) -> (message: Message?, count: Int)? {
        if first < 0x80 { return (.key(Self.key(Unicode.Scalar(first))), 1) }
        let length = first >= 0xF0 ? 4 : first >= 0xE0 ? 3 : 2
        // What cannot begin or go on a character is thrown away byte by byte: nothing waits for its rest.
        let isPossible =
            (0xC2...0xF4).contains(first)
            && pending.dropFirst(start).prefix(length).dropFirst().allSatisfy { (0x80...0xBF).contains($0) }
        guard isPossible else { return (.key(.other), 1) }
        guard pending.count >= start + length else { return nil }
        guard let text = String(validating: pending.dropFirst(start).prefix(length), as: UTF8.self),
            let character = text.first
        else {
            return (.key(.other), 1)
        }
        return (.key(.character(character)), length)
    }

    /// A control sequence (ECMA-48, section 5.4): parameters, and a final byte.
    private mutating func sequence() -> (message: Message?, count: Int)? {
        guard let end = pending.dropFirst(2).firstIndex(where: { (0x40...0x7E).contains($0) }) else {
            // What is no sequence after so many bytes will be none.
            return pending.count > 64 ? (.key(.escape), 1) : nil
        }
        let parameters = String(decoding: pending[2..<end], as: UTF8.self)
        let count = end + 1
        switch pending[end] {
        case UInt8(ascii: "~"):
            if parameters == "200" { paste = [] }
            let number = parameters.split(separator: ";").first.map(String.init) ?? ""
            let isPaste = ["200", "201"].contains(parameters)
            return (isPaste ? nil : .key(Self.key(numbered: number)), count)
        case UInt8(ascii: "M") where parameters.hasPrefix("<"): return (Self.mouse(parameters), count)
        case UInt8(ascii: "m") where parameters.hasPrefix("<"): return (nil, count)
        case UInt8(ascii: "I"), UInt8(ascii: "O"): return (nil, count)
        case let final: return (.key(Self.key(final: final)), count)
        }
    }

    /// A press of the mouse, as SGR mode has it: `<button;column;row`, both from 1. Releases and drags say nothing.
    private static func mouse(_ parameters: String) -> Message? {
        let numbers = parameters.dropFirst().split(separator: ";").compactMap { Int($0) }
        guard numbers.count == 3 else { return nil }
        let kinds: [Int: MouseEvent.Kind] = [0: .press, 64: .wheelUp, 65: .wheelDown]
        return kinds[numbers[0]].map { kind in
            .mouse(MouseEvent(kind, at: Place(row: numbers[2] - 1, column: numbers[1] - 1)))
        }
    }

    private static let cursorKeys: [UInt8: Key] = [
        UInt8(ascii: "A"): .up, UInt8(ascii: "B"): .down, UInt8(ascii: "C"): .right, UInt8(ascii: "D"): .left,
        UInt8(ascii: "H"): .home, UInt8(ascii: "F"): .end, UInt8(ascii: "Z"): .backTab, UInt8(ascii: "M"): .enter,
    ]

    private static func key(final: UInt8) -> Key {
        // F1 to F4, as xterm has them.
        if (UInt8(ascii: "P")...UInt8(ascii: "S")).contains(final) { return .function(Int(final - 0x4F)) }
        return cursorKeys[final] ?? .other
    }

    private static func key(numbered number: String) -> Key {
        if let place = functionKeys.firstIndex(of: number) { return .function(place + 1) }
        return numberedKeys[number] ?? .other
    }

    /// The numbers of F1 to F12.
    private static let functionKeys = ["11", "12", "13", "14", "15", "17", "18", "19", "20", "21", "23", "24"]

    private static let numberedKeys: [String: Key] = [
        "1": .home, "7": .home, "4": .end, "8": .end, "3": .delete, "5": .pageUp, "6": .pageDown,
    ]

    private static func key(_ scalar: Unicode.Scalar) -> Key {
        switch scalar.value {
        case 0x0A, 0x0D: .enter
        case 0x1B: .escape
        case 0x09: .tab
        case 0x08, 0x7F: .backspace
        case 0x01...0x1A: .control(Character(Unicode.Scalar(UInt8(scalar.value) + 0x60)))
        case 0x00..<0x20: .other
        default: .character(Character(scalar))
        }
    }
}
