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

    private var paste: String?
    private var pasteSize = 0

    /// Whether the end of a paste is still to come.
    var isPasting: Bool { paste != nil }

    mutating func decode(_ input: RawInput) -> Message? {
        if paste != nil { return continuePaste(input) }
        switch input {
        case .scalar(let scalar): return .key(Self.key(scalar))
        case .key(CN_KEY_PASTE_BEGIN):
            paste = ""
            pasteSize = 0
            return nil
        case .key(let key): return .key(Self.key(key))
        }
    }

    private mutating func continuePaste(_ input: RawInput) -> Message? {
        switch input {
        case .key(CN_KEY_PASTE_END):
            defer { paste = nil }
            return paste.map { .paste($0) }
        case .scalar(let scalar) where pasteSize < Self.pasteLimit:
            // Terminals send a carriage return for each line break of a paste.
            paste?.unicodeScalars.append(scalar == "\r" ? "\n" : scalar)
            pasteSize += 1
        default:
            break
        }
        return nil
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
