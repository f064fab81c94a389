import InspectorCore

/// A sequence that begins with CSI (`ESC [`) or SS3 (`ESC O`), decoded to a key or a mouse event.
struct ControlSequence {
    enum Step {
        /// The sequence is incomplete.
        case more
        /// The byte doesn't belong to the sequence, and is dropped.
        case ignored
        /// The sequence is complete. `nil`: it is a reply or a report, not a key.
        case end(Message?)
        /// A paste begins.
        case paste
    }

    /// - Parameters:
    ///   - bytes: The sequence so far. It begins with `ESC [` or `ESC O`.
    ///   - byte: Its last byte.
    static func step(_ bytes: [UInt8], _ byte: UInt8) -> Step {
        if isRawReport(bytes.dropLast()) {
            return bytes.count < 3 + rawBytes(bytes[2]) ? .more : .end(rawMouse(bytes))
        }
        // F1 to F5 on the Linux console, such as `ESC [ [ A` for F1.
        if bytes.count == 4, bytes[1] == bytes[2] {
            return .end((0x41...0x45).contains(byte) ? .key(.function(Int(byte) - 0x40)) : nil)
        }
        switch byte {
        case 0x20..<0x40: return .more
        case 0x18, 0x1A: return .end(nil)  // CAN and SUB cancel it.
        case 0..<0x20, 0x7F: return .ignored
        case 0x40..<0x7F: break
        default: return .end(nil)
        }
        if bytes.count == 3, bytes[1] == byte || rawBytes(byte) > 0, bytes[1] == UInt8(ascii: "[") { return .more }
        let sequence = ControlSequence(bytes)
        if sequence.isPasteStart { return .paste }
        return .end(sequence.message)
    }

    /// Whether the raw bytes of a mouse report without parameters follow.
    static func isRawReport(_ bytes: some BidirectionalCollection<UInt8>) -> Bool {
        let start = Array(bytes.prefix(3))
        return start.count == 3 && start[0] == 0x1B && start[1] == UInt8(ascii: "[") && rawBytes(start[2]) > 0
    }

    /// How many raw bytes follow in an X10 mouse report (`M`) or a highlight tracking report (`t` or `T`).
    private static func rawBytes(_ final: UInt8) -> Int {
        switch final {
        case UInt8(ascii: "M"): 3
        case UInt8(ascii: "t"): 2
        case UInt8(ascii: "T"): 6
        default: 0
        }
    }

    // MARK: Its parts

    /// `<`, `=`, `>` or `?` of private sequences. Only SGR mouse reports (`<`) are decoded.
    private var marker: UInt8?
    /// Parameters, separated by semicolons, and their parts, separated by colons. `nil`: omitted, or not a number.
    private var parameters: [[Int?]] = []
    private var isPlain = true
    private let isSingleShift: Bool
    private let final: UInt8

    private init(_ bytes: [UInt8]) {
        isSingleShift = bytes[1] == UInt8(ascii: "O")
        final = bytes[bytes.count - 1]
        var body = bytes[2..<bytes.count - 1]
        if let first = body.first, (0x3C..<0x40).contains(first) {
            marker = first
            body.removeFirst()
        }
        isPlain = body.allSatisfy { (0x30..<0x3C).contains($0) }
        guard !body.isEmpty else { return }
        parameters = body.split(separator: UInt8(ascii: ";"), omittingEmptySubsequences: false).map { parameter in
            parameter.split(separator: UInt8(ascii: ":"), omittingEmptySubsequences: false).map {
                // Longer numbers have no meaning here and could overflow.
                $0.count < 9 ? Int(String(decoding: $0, as: UTF8.self)) : nil
            }
        }
    }

    private func number(_ place: Int, _ part: Int = 0) -> Int? {
        parameters.indices.contains(place) && parameters[place].indices.contains(part) ? parameters[place][part] : nil
    }

    private var isPasteStart: Bool { final == UInt8(ascii: "~") && marker == nil && parameters == [[200]] }

    /// Whether the key was released (kitty).
    private var isRelease: Bool { number(1, 1) == 3 }

    private var message: Message? {
        guard isPlain else { return nil }
        if marker == UInt8(ascii: "<") {
            guard final == UInt8(ascii: "M"), parameters.count == 3, let button = number(0) else { return nil }
            return Self.mouse(button: button, column: number(1), row: number(2))
        }
        guard marker == nil, !isRelease else { return nil }
        if isSingleShift { return .key(Self.cursorKeys[final] ?? Self.keypadKeys[final] ?? .other) }
        switch final {
        case UInt8(ascii: "M"):  // urxvt's mouse
            guard parameters.count == 3, let button = number(0) else { return nil }
            return Self.mouse(button: button - 32, column: number(1), row: number(2))
        case UInt8(ascii: "u"): return unicodeKey.map { .key($0) }
        case UInt8(ascii: "~"): return numberedKey.map { .key($0) }
        // With parameters, this is a cursor position report; without, it is F3.
        case UInt8(ascii: "R"): return parameters.isEmpty ? .key(.function(3)) : nil
        case 0x60... where !parameters.isEmpty: return nil
        default: return parameters.count > 2 ? nil : Self.cursorKeys[final].map { .key($0) }
        }
    }

    // MARK: The mouse

    /// A press or a wheel step; releases, drags and other buttons are ignored. Positions count from 1.
    private static func mouse(button: Int, column: Int?, row: Int?) -> Message? {
        let kinds: [Int: MouseEvent.Kind] = [0: .press, 64: .wheelUp, 65: .wheelDown]
        guard let kind = kinds[button], let column, let row, column > 0, row > 0 else { return nil }
        return .mouse(MouseEvent(kind, at: Position(row: row - 1, column: column - 1)))
    }

    /// The same, encoded in three bytes that are each 32 above their value.
    private static func rawMouse(_ bytes: [UInt8]) -> Message? {
        guard bytes[2] == UInt8(ascii: "M") else { return nil }
        return mouse(button: Int(bytes[3]) - 32, column: Int(bytes[4]) - 32, row: Int(bytes[5]) - 32)
    }

    // MARK: Keys

    /// A code point and modifiers (kitty; xterm with `formatOtherKeys`).
    private var unicodeKey: Key? {
        let text = parameters.count > 2 && parameters[2].count == 1 ? number(2) : nil
        let alternates = (shifted: number(0, 1), base: number(0, 2))
        return UnicodeKey(
            code: number(0) ?? 0, modifiers: number(1) ?? 1, shifted: text ?? alternates.shifted,
            base: alternates.base, hasText: text != nil
        ).key
    }

    private var numberedKey: Key? {
        guard let number = number(0) else { return nil }
        if number == 27, parameters.count == 3 {
            // xterm's modifyOtherKeys: the code is that of the character, with Shift already applied.
            guard let code = self.number(2) else { return nil }
            return UnicodeKey(code: code, modifiers: self.number(1) ?? 1, shifted: code).key
        }
        if let place = Self.functionKeys.firstIndex(of: number) { return .function(place + 1) }
        return Self.numberedKeys[number] ?? ((1...34).contains(number) ? .other : nil)
    }

    /// The numbers of F1 to F12.
    private static let functionKeys = [11, 12, 13, 14, 15, 17, 18, 19, 20, 21, 23, 24]

    private static let numberedKeys: [Int: Key] = [
        1: .home, 7: .home, 4: .end, 8: .end, 3: .delete, 5: .pageUp, 6: .pageDown,
    ]

    /// Keys by final byte. rxvt sends a lowercase letter if Shift or Control is pressed.
    private static let cursorKeys: [UInt8: Key] = [
        UInt8(ascii: "A"): .up, UInt8(ascii: "B"): .down, UInt8(ascii: "C"): .right, UInt8(ascii: "D"): .left,
        UInt8(ascii: "a"): .up, UInt8(ascii: "b"): .down, UInt8(ascii: "c"): .right, UInt8(ascii: "d"): .left,
        UInt8(ascii: "H"): .home, UInt8(ascii: "F"): .end, UInt8(ascii: "Z"): .backTab,
        UInt8(ascii: "P"): .function(1), UInt8(ascii: "Q"): .function(2), UInt8(ascii: "S"): .function(4),
    ]

    /// The numeric keypad in application mode, which ncurses switches on.
    private static let keypadKeys: [UInt8: Key] = {
        var keys: [UInt8: Key] = [
            UInt8(ascii: "M"): .enter, UInt8(ascii: "R"): .function(3), UInt8(ascii: "X"): .character("="),
        ]
        for (place, character) in "*+,-./0123456789".enumerated() { keys[0x6A + UInt8(place)] = .character(character) }
        return keys
    }()
}
