import TerminalText

extension TextField {
    static let maskedCharacters = 40

    /// Tokens are secrets: a mark for each character, and how many there are.
    func masked(atMost limit: Int = maskedCharacters) -> String {
        String(repeating: "•", count: min(count, limit)) + (count > limit ? "… \(count) characters" : "")
    }

    /// Draws the part around its cursor that there is room for, and puts the terminal's cursor in it. Returns the column
    /// behind it.
    @discardableResult
    func draw(row: Int, columns: Range<Int>, in frame: inout Frame) -> Int {
        let room = max(columns.count - 1, 1)
        // What is before the cursor goes first: it is what was typed last.
        let head = DisplayWidth.suffix(of: TextSanitizer.line(self.head), width: room)
        let column = frame.put(String(head), row: row, column: columns.lowerBound, limit: columns.upperBound)
        let end = frame.put(TextSanitizer.line(tail), row: row, column: column, limit: columns.upperBound)
        frame.cursor = Place(row: row, column: min(column, columns.upperBound - 1))
        frame.showsCursor = true
        return end
    }
}
