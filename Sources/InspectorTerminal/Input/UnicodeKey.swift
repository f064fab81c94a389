import InspectorCore

/// A key reported as a code point and modifiers, by the kitty keyboard protocol or xterm's modifyOtherKeys.
///
/// Keys mean the same as without these protocols: Control-I is Tab.
struct UnicodeKey {
    /// The key's code point without Shift.
    var code: Int

    /// One plus the bits of the modifiers, as the protocols send them.
    var modifiers: Int

    /// The code point with Shift, if known.
    var shifted: Int?

    /// The code point of the same key on a keyboard with Latin letters.
    var base: Int?

    /// Whether ``shifted`` is the typed text, independent of the modifiers.
    var hasText = false

    private func has(_ bit: Int) -> Bool { (max(modifiers, 1) - 1) & bit != 0 }
    private var hasShift: Bool { has(1) }
    private var hasAlt: Bool { has(2) }
    private var hasControl: Bool { has(4) }
    /// Super, Hyper and Meta, which aren't supported.
    private var hasOther: Bool { has(8 | 16 | 32) }
    private var hasCapsLock: Bool { has(64) }

    /// `nil`: not a key, such as a modifier alone.
    var key: Key? {
        switch code {
        case 13, 57414: return hasAlt || hasOther ? .other : .enter
        case 27: return hasOther ? .other : .escape
        case 9: return hasAlt || hasOther ? .other : hasShift ? .backTab : .tab
        case 8, 127: return hasOther ? .other : hasAlt ? .control("w") : .backspace
        case 57376...57398: return .function(code - 57376 + 13)
        case 0xE000...0xF8FF: return Self.functional[code]
        case 0: return hasText ? character(shifted) : nil
        default: break
        }
        guard character(code) != nil else { return nil }
        if hasOther || hasControl && hasAlt { return .other }
        if hasControl { return control }
        guard case .character(let character)? = hasText ? character(shifted) : typed else { return .other }
        return hasAlt ? .alt(character) : .character(character)
    }

    private func character(_ code: Int?) -> Key? {
        guard let code, let scalar = UInt32(exactly: code).flatMap(Unicode.Scalar.init), scalar.value >= 0x20,
            !(0x7F..<0xA0).contains(scalar.value)
        else { return nil }
        return .character(Character(scalar))
    }

    /// The character with Shift and Caps Lock. `nil`: the terminal doesn't report it.
    private var typed: Key? {
        if hasShift, let shifted { return character(shifted) }
        guard case .character(let own)? = character(code) else { return nil }
        guard own.isLetter else { return hasShift ? nil : .character(own) }
        guard hasShift != hasCapsLock else { return .character(own) }
        return own.uppercased().count == 1 ? own.uppercased().first.map { .character($0) } : nil
    }

    /// The key with Control: letters become the control bytes that terminals traditionally send.
    private var control: Key {
        let latin = code < 0x80 ? code : base ?? 0
        switch latin {
        case 0x3F: return .backspace
        case 0x40...0x5F, 0x61...0x7A: return Key(byte: UInt8(latin & 0x1F))
        default: return .other
        }
    }

    /// The keypad's keys by kitty's numbers. Others, such as Caps Lock alone, aren't treated as keys.
    private static let functional: [Int: Key] = {
        var keys: [Int: Key] = [
            57417: .left, 57418: .right, 57419: .up, 57420: .down, 57421: .pageUp, 57422: .pageDown, 57423: .home,
            57424: .end, 57425: .other, 57426: .delete,
        ]
        for (place, character) in "0123456789./*-+".enumerated() { keys[57399 + place] = .character(character) }
        keys[57415] = .character("=")
        keys[57416] = .character(",")
        return keys
    }()
}

extension Key {
    /// The key that sends one byte of ASCII.
    init(byte: UInt8) {
        switch byte {
        case 0x0A, 0x0D: self = .enter
        case 0x1B: self = .escape
        case 0x09: self = .tab
        case 0x08, 0x7F: self = .backspace
        case 0x01...0x1A: self = .control(Character(Unicode.Scalar(byte + 0x60)))
        case 0x00..<0x20: self = .other
        default: self = .character(Character(Unicode.Scalar(byte)))
        }
    }
}
