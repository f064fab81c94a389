import TerminalText
import VisitorSessions

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
    /// A wide character fills this cell and the next one, which is its continuation.
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
    /// The frame in ASCII. Lines, blocks and symbols get a similar character; everything else becomes a question mark.
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
        "←": "<", "→": ">", "•": "*", "×": "x", "╵": "'", "“": "\"", "”": "\"", "’": "'",
    ]
}

/// How a cell looks. Its role says what the cell means, and the terminal's theme maps roles to colors.
package struct Style: Hashable, Sendable {
    package enum Role: UInt8, Sendable, CaseIterable {
        case plain, dim, title, bar, barKey, heading, accent, match, error, notice, gauge, secret
        case valid, expiring, expired, renewing, unresolved, refused, discarded, damaged

        /// Its name in the configuration.
        package var name: String { "\(self)" }
    }

    package var role: Role
    package var isBold: Bool
    package var isSelected: Bool

    package init(_ role: Role = .plain, bold: Bool = false, selected: Bool = false) {
        self.role = role
        self.isBold = bold
        self.isSelected = selected
    }

    package static let plain = Style()
    package static let dim = Style(.dim)

    package var emphasis: Emphasis {
        Emphasis(isBold: isBold, isReversed: isSelected || [.bar, .barKey].contains(role), isDim: role == .dim)
    }
}

/// How a style looks on a terminal without colors.
package struct Emphasis: Hashable, Sendable {
    package var isBold: Bool
    package var isReversed: Bool
    package var isDim: Bool
}

extension SessionState {
    /// The state's symbol, which tells states apart without colors.
    var glyph: String { look.glyph }
    var role: Style.Role { look.role }

    /// The role of the state's text. States that need no attention are dimmed, so that the others stand out.
    var textRole: Style.Role { needsAttention ? role : .dim }

    private var needsAttention: Bool {
        switch self {
        case .valid, .renewing, .discarded: false
        case .expiring, .expired, .unresolved, .refused, .damaged: true
        }
    }

    private var look: (glyph: String, role: Style.Role) {
        switch self {
        case .valid: ("●", .valid)
        case .expiring: ("◐", .expiring)
        case .expired: ("○", .expired)
        case .renewing: ("↻", .renewing)
        case .unresolved: ("?", .unresolved)
        case .refused: ("✖", .refused)
        case .discarded: ("⊘", .discarded)
        case .damaged: ("!", .damaged)
        }
    }
}

/// How a session's state looks.
struct StateLook {
    var glyph: String
    var word: String
    var role: Style.Role
    /// The role of the text beside the glyph.
    var textRole: Style.Role

    /// A session whose expiry isn't known looks unknown, not valid: its token may have expired long ago.
    init(_ session: VisitorSession, _ state: SessionState) {
        let isUnknown = state == .valid && session.accessExpiry == .unknown
        glyph = isUnknown ? "◌" : state.glyph
        word = isUnknown ? "unknown" : state.rawValue
        role = isUnknown ? .dim : state.role
        textRole = isUnknown ? .dim : state.textRole
    }
}

/// A line of text in several styles.
struct StyledLine {
    var parts: [(text: String, style: Style)]

    /// The path of the object that a click folds or unfolds. `nil`: the line can't be folded.
    var node: [String]?

    init(_ text: String = "", _ style: Style = .plain) { parts = [(text, style)] }

    init(_ name: String, _ value: String, style: Style = .plain, nameWidth: Int = 16) {
        parts = [(name.padding(toWidth: nameWidth), .dim), (value, style)]
    }

    /// A name and its value. Long values wrap within their own column.
    static func facts(
        _ name: String, _ value: String, width: Int, style: Style = .plain, nameStyle: Style = .dim, nameWidth: Int = 16
    ) -> [StyledLine] {
        var lines = wrapped(value, width: max(width - nameWidth, 8), style: style)
            .map { StyledLine("", $0.text, style: style, nameWidth: nameWidth) }
        lines[0].parts[0] = (name.padding(toWidth: nameWidth), nameStyle)
        return lines
    }

    var text: String { parts.map(\.text).joined() }
    var width: Int { parts.reduce(0) { $0 + DisplayWidth.of(TextSanitizer.line($1.text)) } }

    /// The line, cut off with an ellipsis at `limit` cells.
    func fitted(to limit: Int) -> StyledLine {
        guard width > limit else { return self }
        var line = StyledLine()
        var room = limit
        for part in parts where room > 0 {
            let text = DisplayWidth.fit(TextSanitizer.line(part.text), to: room)
            line.parts.append((text, part.style))
            room -= text.hasSuffix("…") && text != part.text ? room : DisplayWidth.of(text)
        }
        return line
    }

    /// Draws the line, and returns the column after it.
    @discardableResult
    func draw(row: Int, column: Int, limit: Int, in frame: inout Frame) -> Int {
        parts.reduce(column) { place, part in
            frame.put(part.text, row: row, column: place, limit: limit, style: part.style)
        }
    }

    /// Wraps `text` into lines of `width` cells, at spaces where possible. The last of `limit` lines ends in an ellipsis if
    /// there would be more.
    static func wrapped(_ text: String, width: Int, style: Style = .plain, lines limit: Int = .max) -> [StyledLine] {
        var lines: [String] = []
        for word in TextSanitizer.line(text).split(separator: " ") {
            var word = String(word)
            if let line = lines.last, DisplayWidth.of(line) + 1 + DisplayWidth.of(word) <= width {
                lines[lines.count - 1] = line + " " + word
                continue
            }
            // A character can be wider than the line.
            while word.count > 1, DisplayWidth.of(word) > width {
                var head = String(word.removeFirst())
                while let next = word.first, DisplayWidth.of(head) + DisplayWidth.of(next) <= width {
                    head.append(word.removeFirst())
                }
                lines.append(head)
            }
            lines.append(word)
        }
        if lines.isEmpty { lines = [""] }
        if lines.count > limit {
            let rest = lines[(limit - 1)...].joined(separator: " ")
            lines = lines.prefix(limit - 1) + [DisplayWidth.fit(rest, to: width)]
        }
        return lines.map { StyledLine($0, style) }
    }
}

extension TextField {
    static let maskedCharacters = 40

    /// A bullet for each character up to `limit`, then the count.
    func masked(atMost limit: Int = maskedCharacters) -> String {
        String(repeating: "•", count: min(count, limit)) + (count > limit ? "… \(count) characters" : "")
    }

    /// Draws the part around the cursor that fits, and returns the column after it.
    @discardableResult
    func draw(row: Int, columns: Range<Int>, in frame: inout Frame) -> Int {
        // The text before the cursor takes precedence: it was typed last.
        let head = DisplayWidth.suffix(of: TextSanitizer.line(self.head), width: max(columns.count - 1, 1))
        let column = frame.put(String(head), row: row, column: columns.lowerBound, limit: columns.upperBound)
        let end = frame.put(TextSanitizer.line(tail), row: row, column: column, limit: columns.upperBound)
        frame.cursor = Position(row: row, column: min(column, columns.upperBound - 1))
        frame.showsCursor = true
        return end
    }
}
