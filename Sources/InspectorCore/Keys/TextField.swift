/// An editable line of text and its cursor.
package struct TextField: Hashable, Sendable {
    /// The longest paste that a label or a filter accepts, in bytes.
    static let pasteLimit = 1000

    private var characters: [Character]
    package private(set) var cursor: Int

    package init(_ text: String = "") {
        characters = Array(text)
        cursor = characters.count
    }

    package var text: String { String(characters) }
    package var count: Int { characters.count }
    package var isEmpty: Bool { characters.isEmpty }

    /// The text before the cursor.
    package var head: String { String(characters[..<cursor]) }
    package var tail: String { String(characters[cursor...]) }

    package mutating func insert(_ text: String) {
        characters.insert(contentsOf: text, at: cursor)
        cursor += text.count
    }

    /// Applies a shell's editing keys. Returns `false` for any other key.
    package mutating func edit(_ key: Key) -> Bool {
        switch key {
        case .character(let character): insert(String(character))
        case .left: cursor = max(cursor - 1, 0)
        case .right: cursor = min(cursor + 1, count)
        case .home, .control("a"): cursor = 0
        case .end, .control("e"): cursor = count
        case .backspace: remove(from: cursor - 1, to: cursor)
        case .delete: remove(from: cursor, to: cursor + 1)
        case .control("u"): remove(from: 0, to: cursor)
        case .control("k"): remove(from: cursor, to: count)
        case .control("w"): remove(from: wordStart, to: cursor)
        case .alt("b"): cursor = wordStart
        case .alt("f"): cursor = wordEnd
        case .alt("d"): remove(from: cursor, to: wordEnd)
        default: return false
        }
        return true
    }

    private mutating func remove(from start: Int, to end: Int) {
        let range = max(start, 0)..<min(max(end, 0), count)
        characters.removeSubrange(range)
        cursor = range.lowerBound
    }

    private var wordEnd: Int {
        var index = cursor
        while index < count, characters[index].isWhitespace { index += 1 }
        while index < count, !characters[index].isWhitespace { index += 1 }
        return index
    }

    private var wordStart: Int {
        var index = cursor
        while index > 0, characters[index - 1].isWhitespace { index -= 1 }
        while index > 0, !characters[index - 1].isWhitespace { index -= 1 }
        return index
    }
}

/// A popup's filter, which shows only the lines that contain all its words.
package struct PopupFilter: Sendable {
    var field = TextField()
    /// Whether key presses edit the filter.
    var isTyped = false

    var isActive: Bool { isTyped || !field.isEmpty }
    var words: [String] { field.text.lowercased().split(separator: " ").map(String.init) }

    func matches(_ text: String) -> Bool {
        let text = text.lowercased()
        return words.allSatisfy { text.contains($0) }
    }
}
