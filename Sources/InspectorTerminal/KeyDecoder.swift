import CNcurses
import InspectorCore

/// What ncurses hands over: a character, or a key that it knows.
enum RawInput: Equatable {
    case scalar(Unicode.Scalar)
    case key(cn_key)
}

/// Turns raw input into keys and pastes. A value: it holds the paste that is coming in.
struct KeyDecoder {
    /// A paste is cut here: no text that a person means to paste is longer.
    static let pasteLimit = 4 << 20

    private static let begin = Array("[200~".unicodeScalars)
    private static let end = Array("\u{1B}[201~".unicodeScalars)

    private var paste: [Unicode.Scalar]?

    /// The beginning of a paste's mark, behind an Esc that came apart from it, as it may on a slow line.
    private var held: [Unicode.Scalar]?

    /// How much of the mark of a paste's end has come, where it comes in pieces.
    private var endMatched = 0

    mutating func decode(_ input: RawInput) -> [Message] {
        if paste != nil { return continuePaste(input) }
        switch input {
        case .scalar(let scalar):
            if let messages = matchBegin(scalar) { return messages }
            if scalar == "\u{1B}" { held = [] }
            return [.key(Self.key(scalar))]
        case .key(let key):
            let before = release()
            guard key == CN_KEY_PASTE_BEGIN else { return before + [.key(Self.key(key))] }
            paste = []
            return before
        }
    }

    /// `nil`: this is no part of a paste's mark.
    private mutating func matchBegin(_ scalar: Unicode.Scalar) -> [Message]? {
        guard let matched = held else { return nil }
        guard scalar == Self.begin[matched.count] else {
            let before = release()
            guard !before.isEmpty else { return nil }
            return before + decode(.scalar(scalar))
        }
        held = matched + [scalar]
        if matched.count + 1 == Self.begin.count {
            held = nil
            paste = []
        }
        return []
    }

    /// What was held back is typed text after all.
    private mutating func release() -> [Message] {
        defer { held = nil }
        return (held ?? []).map { .key(Self.key($0)) }
    }

    private mutating func continuePaste(_ input: RawInput) -> [Message] {
        switch input {
        case .key(CN_KEY_PASTE_END):
            return endPaste()
        case .key:
            return []
        case .scalar(let scalar):
            endMatched = scalar == Self.end[endMatched] ? endMatched + 1 : scalar == Self.end[0] ? 1 : 0
            // Terminals send a carriage return for each line break of a paste.
            if (paste?.count ?? 0) < Self.pasteLimit { paste?.append(scalar == "\r" ? "\n" : scalar) }
            guard endMatched == Self.end.count else { return [] }
            if paste?.suffix(Self.end.count) == Self.end[...] { paste?.removeLast(Self.end.count) }
            return endPaste()
        }
    }

    private mutating func endPaste() -> [Message] {
        defer { paste = nil }
        endMatched = 0
        var text = String.UnicodeScalarView()
        text.append(contentsOf: paste ?? [])
        return [.paste(String(text))]
    }

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

    private static func key(_ key: cn_key) -> Key {
        switch key {
        case CN_KEY_UP: .up
        case CN_KEY_DOWN: .down
        case CN_KEY_LEFT: .left
        case CN_KEY_RIGHT: .right
        case CN_KEY_PAGE_UP: .pageUp
        case CN_KEY_PAGE_DOWN: .pageDown
        case CN_KEY_HOME: .home
        case CN_KEY_END: .end
        case CN_KEY_BACKSPACE: .backspace
        case CN_KEY_DELETE: .delete
        case CN_KEY_ENTER: .enter
        case CN_KEY_BACK_TAB: .backTab
        default: .other
        }
    }
}
