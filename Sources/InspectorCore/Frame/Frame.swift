import TerminalText

/// A size of the screen, in cells.
public struct Size: Hashable, Sendable {
    public var width: Int
    public var height: Int

    public init(width: Int, height: Int) {
        self.width = width
        self.height = height
    }
}

/// A place on the screen, in cells from its upper left corner.
public struct Place: Hashable, Sendable {
    public var row: Int
    public var column: Int

    public init(row: Int, column: Int) {
        self.row = row
        self.column = column
    }
}

/// One cell of the screen.
public struct Cell: Hashable, Sendable {
    /// What stands in it. A wide character fills its cell and the next, which is then a continuation.
    public var character: Character
    public var style: Style
    public var isContinuation: Bool

    static let blank = Cell(character: " ", style: .plain, isContinuation: false)
}

/// A whole screen of styled cells: what a view returns and a terminal draws.
public struct Frame: Sendable {
    public let size: Size
    public internal(set) var cells: [Cell]

    /// Where the terminal's own cursor rests: on the focused item, for people who follow it with a screen reader.
    public var cursor = Place(row: 0, column: 0)

    /// What a press of the mouse means where. What was drawn last lies on top.
    private var targets: [(row: Int, columns: Range<Int>, target: Target)] = []

    /// Whether the cursor is to be seen, as it is where text is edited.
    public var showsCursor = false

    public init(size: Size) {
        self.size = Size(width: max(size.width, 1), height: max(size.height, 1))
        cells = Array(repeating: .blank, count: self.size.width * self.size.height)
    }

    /// The cells of one row.
    public func row(_ row: Int) -> ArraySlice<Cell> {
        cells[row * size.width..<(row + 1) * size.width]
    }

    /// Writes sanitised text from `column` on, cut at `limit` or at the frame's edge, and returns the column
    /// behind it. Text that does not fit ends in an ellipsis.
    @discardableResult
    public mutating func put(
        _ text: String, row: Int, column: Int, limit: Int = .max, style: Style = .plain
    ) -> Int {
        guard (0..<size.height).contains(row), column >= 0 else { return column }
        let end = min(size.width, limit)
        var place = column
        let fitted = DisplayWidth.fit(TextSanitizer.line(text), to: end - column)
        if fitted.utf8.allSatisfy({ $0 < 0x80 }) {
            // Most text is: a byte a cell.
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

    /// Fills a part of a row with one character of width 1.
    public mutating func fill(_ character: Character = " ", row: Int, columns: Range<Int>, style: Style) {
        guard (0..<size.height).contains(row) else { return }
        for column in columns.clamped(to: 0..<size.width) {
            set(character, row: row, column: column, width: 1, style: style)
        }
    }

    /// Has a press on these cells mean `target`.
    mutating func aim(_ target: Target, row: Int, columns: Range<Int>) {
        targets.append((row, columns, target))
    }

    func target(at place: Place) -> Target? {
        targets.last { $0.row == place.row && $0.columns.contains(place.column) }?.target
    }

    /// Shows where one of `words` stands in a part of a row, in any case.
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
                // The second half of a wide character, too: the two are one.
                for place in places[start]..<min(end, (row + 1) * size.width)
                where place <= places[start + word.count - 1] || cells[place].isContinuation {
                    cells[place].style.role = .match
                    cells[place].style.isBold = true
                }
            }
        }
    }

    /// Gives the cells of a whole row the look of the selected one.
    public mutating func select(row: Int) {
        guard (0..<size.height).contains(row) else { return }
        for index in row * size.width..<(row + 1) * size.width { cells[index].style.isSelected = true }
    }

    private mutating func set(_ character: Character, row: Int, column: Int, width: Int, style: Style) {
        let index = row * size.width + column
        // Half of a wide character cannot stay: all of it becomes blank.
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

    /// The frame without its looks: one line a row, blanks at the ends cut. For golden files and for reading aloud.
    public var text: String {
        (0..<size.height).map { index in
            var line = String(row(index).lazy.filter { !$0.isContinuation }.map(\.character))
            while line.last == " " { line.removeLast() }
            return line
        }
        .joined(separator: "\n")
    }
}
