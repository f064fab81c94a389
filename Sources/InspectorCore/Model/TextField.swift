/// A line of text that is being edited, and the place in it.
public struct TextField: Hashable, Sendable {
    /// The longest text, in bytes, that is pasted into a field of one line, such as a label or a filter.
    static let lineLimit = 1000

    private var characters: [Character]
    /// How many characters stand before the cursor.
    public private(set) var cursor: Int

    public init(_ text: String = "") {
        characters = Array(text)
        cursor = characters.count
    }

    public var text: String { String(characters) }
    public var count: Int { characters.count }
    public var isEmpty: Bool { characters.isEmpty }

    /// The text before the cursor.
    public var head: String { String(characters[..<cursor]) }

    /// The text behind it.
    public var tail: String { String(characters[cursor...]) }

    public mutating func insert(_ text: String) {
        characters.insert(contentsOf: text, at: cursor)
        cursor += text.count
    }

    /// Applies an editing key, as shells have them. `false`: it is none.
    public mutating func edit(_ key: Key) -> Bool {
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
        var place = cursor
        while place < count, characters[place].isWhitespace { place += 1 }
        while place < count, !characters[place].isWhitespace { place += 1 }
        return place
    }

    private var wordStart: Int {
        var place = cursor
        while place > 0, characters[place - 1].isWhitespace { place -= 1 }
        while place > 0, !characters[place - 1].isWhitespace { place -= 1 }
        return place
    }
}
