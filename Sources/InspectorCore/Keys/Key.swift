/// A key, independent of the bytes that a terminal sends for it.
package enum Key: Hashable, Sendable, ExpressibleByExtendedGraphemeClusterLiteral {
    case character(Character)
    /// A lowercase letter with Control.
    case control(Character)
    case alt(Character)
    case up, down, left, right, pageUp, pageDown, home, end
    case enter, escape, tab, backTab, backspace, delete
    case function(Int)
    case other

    package init(extendedGraphemeClusterLiteral character: Character) { self = .character(character) }

    private static let named: [(key: Key, name: String)] = [
        (.character(" "), "Space"), (.up, "↑"), (.down, "↓"), (.left, "←"), (.right, "→"), (.pageUp, "PgUp"),
        (.pageDown, "PgDn"), (.home, "Home"), (.end, "End"), (.enter, "Enter"), (.escape, "Esc"), (.tab, "Tab"),
        (.backTab, "S-Tab"), (.backspace, "Backspace"), (.delete, "Del"),
    ]

    private static let spellings: [String: Key] = [
        "up": .up, "down": .down, "left": .left, "right": .right, "escape": .escape, "delete": .delete,
    ]

    /// The name in the help.
    package var name: String {
        switch self {
        case .control(let character): "^\(character)"
        case .alt(let character): "Alt-\(character)"
        case .character(let character) where character != " ": String(character)
        case .function(let number): "F\(number)"
        default: Self.named.first { $0.key == self }?.name ?? "that key"
        }
    }

    /// The name in quotation marks, for the start of a sentence.
    var quoted: String { self == .other ? "That key" : "“\(name)”" }

    /// Reads a key's name in the configuration: a character, `F5`, `^x` or `ctrl-x`, `alt-x`, or the name in the help.
    package init?(named text: String) {
        let lowered = text.lowercased()
        let isControl = ["ctrl-", "^"].contains { lowered.hasPrefix($0) && lowered.count == $0.count + 1 }
        if lowered.hasPrefix("alt-"), text.count == 5, let character = text.last, !character.isWhitespace {
            self = .alt(character)
        } else if isControl, let letter = lowered.last, letter.isASCII, letter.isLetter {
            self = .control(letter)
        } else if let found = Self.named.first(where: { $0.name.lowercased() == lowered }) {
            self = found.key
        } else if lowered.first == "f", let number = Int(lowered.dropFirst()), (1...12).contains(number) {
            self = .function(number)
        } else if text.count == 1, let character = text.first, !character.isWhitespace {
            self = .character(character)
        } else if let found = Self.spellings[lowered] {
            self = found
        } else {
            return nil
        }
    }
}
