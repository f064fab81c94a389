import TerminalText

/// The size of a screen, in cells.
package struct Size: Hashable, Sendable {
    package var width: Int
    package var height: Int

    package init(width: Int, height: Int) {
        self.width = width
        self.height = height
    }
}

/// A position on the screen, in cells from its upper left corner.
package struct Position: Hashable, Sendable {
    package var row: Int
    package var column: Int

    package init(row: Int, column: Int) {
        self.row = row
        self.column = column
    }
}

package struct Cell: Hashable, Sendable {
    /// A wide character takes its cell and the next one, the continuation.
    package var character: Character
    package var style: Style
    package var isContinuation: Bool

    static let blank = Cell(character: " ", style: .plain, isContinuation: false)
}

/// A screen of styled cells, which views fill and a terminal draws.
package struct Frame: Sendable {
    package let size: Size
    package internal(set) var cells: [Cell]

    /// Where the terminal's own cursor rests: on the focused item, so that a screen reader can follow it.
    package var cursor = Position(row: 0, column: 0)
    package var showsCursor = false

    package init(size: Size) {
        self.size = Size(width: max(size.width, 1), height: max(size.height, 1))
        cells = Array(repeating: .blank, count: self.size.width * self.size.height)
    }

    package func row(_ row: Int) -> ArraySlice<Cell> { cells[row * size.width..<(row + 1) * size.width] }

    /// Sanitizes and writes text, truncated with an ellipsis at `limit` or at the frame's edge.
    ///
    /// - Returns: The column after the text.
    @discardableResult
    package mutating func put(_ text: String, row: Int, column: Int, limit: Int = .max, style: Style = .plain) -> Int {
        guard (0..<size.height).contains(row), column >= 0 else { return column }
        let end = min(size.width, limit)
        var place = column
        let fitted = DisplayWidth.fit(TextSanitizer.line(text), to: end - column)
        if fitted.utf8.allSatisfy({ $0 < 0x80 }) {
            // Most text is ASCII: one byte per cell.
            for byte in fitted.utf8 {
                set(Character(Unicode.Scalar(byte)), row: row, column: place, width: 1, style: style)
                place += 1
            }
            return place
        }
        for character in fitted {
            let width = DisplayWidth.of(character)
            guard place + width <= end else { break }
            set(character, row: row, column: place, width: width, style: style)
            place += width
        }
        return place
    }

    /// Fills part of a row with a character of width 1.
    package mutating func fill(_ character: Character = " ", row: Int, columns: Range<Int>, style: Style) {
        guard (0..<size.height).contains(row) else { return }
        for column in columns.clamped(to: 0..<size.width) {
            set(character, row: row, column: column, width: 1, style: style)
        }
    }

    /// Highlights `words` in part of a row, ignoring case.
    mutating func highlight(_ words: [String], row: Int, columns: Range<Int>) {
        guard (0..<size.height).contains(row), !words.isEmpty else { return }
        let places = columns.clamped(to: 0..<size.width).map { row * size.width + $0 }
            .filter { !cells[$0].isContinuation }
        let text = places.map { cells[$0].character.lowercased() }
        for word in words.map({ $0.lowercased().map(String.init) }) where !word.isEmpty {
            for start in text.indices where text[start...].starts(with: word) {
                let end =
                    start + word.count < places.count
                    ? places[start + word.count] : row * size.width + columns.upperBound
                // Including the second half of a wide character.
                for place in places[start]..<min(end, (row + 1) * size.width)
                where place <= places[start + word.count - 1] || cells[place].isContinuation {
                    cells[place].style.role = .match
                    cells[place].style.isBold = true
                }
            }
        }
    }

    package mutating func select(row: Int, columns: Range<Int>? = nil) {
        guard (0..<size.height).contains(row) else { return }
        for column in (columns ?? 0..<size.width).clamped(to: 0..<size.width) {
            cells[row * size.width + column].style.isSelected = true
        }
    }

    private mutating func set(_ character: Character, row: Int, column: Int, width: Int, style: Style) {
        let index = row * size.width + column
        // A wide character that is partly overwritten becomes blank.
        var left = index
        while cells[left].isContinuation {
            cells[left] = Cell.blank
            left -= 1
        }
        if left < index { cells[left] = Cell.blank }
        var right = index + max(width, 1)
        while right < (row + 1) * size.width, cells[right].isContinuation {
            cells[right] = Cell.blank
            right += 1
        }
        cells[index] = Cell(character: character, style: style, isContinuation: false)
        for offset in 1..<max(width, 1) {
            cells[index + offset] = Cell(character: " ", style: style, isContinuation: true)
        }
    }

    /// Plain text: one line per row, without trailing spaces.
    package var text: String {
        (0..<size.height).map { index in
            var line = String(row(index).lazy.filter { !$0.isContinuation }.map(\.character))
            while line.last == " " { line.removeLast() }
            return line
        }
        .joined(separator: "\n")
    }
}

extension Frame {
    /// The frame for terminals that show only ASCII. Drawing characters are substituted; others become question marks.
    package var inASCII: Frame {
        var frame = self
        for index in cells.indices where !cells[index].character.isASCII {
            let cell = cells[index]
            // The half block marks a choice, or is part of a gauge.
            let isMark = cell.character == "▌" && [.accent, .dim].contains(cell.style.role)
            frame.cells[index].character = isMark ? ">" : Self.ascii[cell.character] ?? "?"
        }
        for index in cells.indices where cells[index].isContinuation {
            frame.cells[index].character = "?"
            frame.cells[index].isContinuation = false
        }
        return frame
    }

    private static let ascii: [Character: Character] = [
        "─": "-", "━": "=", "│": "|", "┌": "+", "┐": "+", "└": "+", "┘": "+", "├": "+", "┤": "+", "┬": "+", "┯": "+",
        "┴": "+", "▌": "#", "▏": "#", "▎": "#", "▍": "#", "▋": "#", "▊": "#", "▉": "#", "█": "#", "░": ".", "▁": "_",
        "▂": ".", "▃": ":", "▄": "-", "▅": "=", "▆": "+", "▇": "*", "●": "*", "◐": "~", "○": "o", "↻": "@", "✖": "x",
        "⊘": "-", "✔": "+", "✓": "+", "▽": "v", "△": "^", "·": "-", "–": "-", "…": "~", "▸": ">", "↑": "^", "↓": "v",
        "←": "<", "→": ">", "•": "*", "×": "x", "“": "\"", "”": "\"", "’": "'",
    ]
}
