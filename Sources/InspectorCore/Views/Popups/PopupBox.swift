import TerminalText

/// The one look of every popup: a frame with a title above, and the way out below.
struct PopupBox {
    var title: String
    var hint: String
    var lines: [StyledLine]

    /// The lines above the first one that is shown.
    var scroll = 0

    /// Of how many choices which are shown, where ``lines`` does not hold all of them.
    var window: (shown: Range<Int>, total: Int)?

    /// The width to have at least, so that what is typed does not make it jump.
    var width = 0

    /// Draws it in the middle, and returns where its text stands.
    @discardableResult
    func draw(in frame: inout Frame) -> Area {
        let title = TextSanitizer.line(title)
        let widest = lines.map(\.width).max() ?? 0
        let inner = max(widest, DisplayWidth.of(title) + 2, DisplayWidth.of(hint) + 2, self.width)
        let width = min(inner + 4, frame.size.width)
        let height = min(lines.count + 2, frame.size.height)
        let left = (frame.size.width - width) / 2
        let top = max((frame.size.height - height) / 2, 0)
        let bottom = top + height - 1
        drawBorder(top...bottom, left..<left + width, in: &frame)

        let position = position(height: height - 2)
        let end = left + width - 2 - DisplayWidth.of(position)
        frame.put(" \(title) ", row: top, column: left + 2, limit: end, style: Style(.title, bold: true))
        frame.put(position, row: top, column: end, style: .dim)
        frame.put(" \(hint) ", row: bottom, column: left + 2, limit: left + width - 2, style: .dim)
        for (offset, line) in lines.dropFirst(scroll).prefix(height - 2).enumerated() {
            line.draw(row: top + 1 + offset, column: left + 2, limit: left + width - 2, in: &frame)
        }
        frame.cursor = Place(row: min(top + 1, frame.size.height - 1), column: left + 2)
        return Area(row: top + 1, column: left + 2, width: width - 4)
    }

    /// Which part is shown, where it is not all of it.
    private func position(height: Int) -> String {
        let shown = window?.shown ?? scroll..<min(scroll + height, lines.count)
        let total = window?.total ?? lines.count
        return shown.count < total ? " \(shown.lowerBound + 1)–\(shown.upperBound) of \(total) " : ""
    }

    private func drawBorder(_ rows: ClosedRange<Int>, _ columns: Range<Int>, in frame: inout Frame) {
        let style = Style(.accent)
        for row in rows {
            frame.fill(row: row, columns: columns, style: .plain)
            frame.put("│", row: row, column: columns.lowerBound, style: style)
            frame.put("│", row: row, column: columns.upperBound - 1, style: style)
            frame.aim(.popup, row: row, columns: columns)
        }
        for (row, corners) in [(rows.lowerBound, ("┌", "┐")), (rows.upperBound, ("└", "┘"))] {
            frame.fill("─", row: row, columns: columns, style: style)
            frame.put(corners.0, row: row, column: columns.lowerBound, style: style)
            frame.put(corners.1, row: row, column: columns.upperBound - 1, style: style)
        }
    }

    /// Where a box has its text.
    struct Area {
        var row: Int
        var column: Int
        var width: Int

        /// Has a press on one of its lines mean `target`.
        func aim(_ target: Target, line: Int, in frame: inout Frame) {
            frame.aim(target, row: row + line, columns: column..<column + width)
        }
    }
}

extension Model {
    /// How wide the text of a popup can be.
    var popupWidth: Int { max(size.width - 4, 10) }
}
