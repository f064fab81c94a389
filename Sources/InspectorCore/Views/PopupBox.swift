import TerminalText

/// The frame of every popup, with a title at the top and the keys at the bottom.
struct PopupBox {
    var title: String
    var hint: String
    var lines: [StyledLine]

    /// How many lines are above the first visible one.
    var scroll = 0

    /// Which choices are visible of how many, if ``lines`` doesn't hold all of them.
    var window: (shown: Range<Int>, total: Int)?

    /// The smallest width, so that the box doesn't jump while text is typed.
    var width = 0

    /// Draws it in the middle and returns the area of its text.
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

    /// Which part is visible, if that isn't all.
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
            frame.addHitRegion(.popup, row: row, columns: columns)
        }
        for (row, corners) in [(rows.lowerBound, ("┌", "┐")), (rows.upperBound, ("└", "┘"))] {
            frame.fill("─", row: row, columns: columns, style: style)
            frame.put(corners.0, row: row, column: columns.lowerBound, style: style)
            frame.put(corners.1, row: row, column: columns.upperBound - 1, style: style)
        }
    }

    /// The area of the text.
    struct Area {
        var row: Int
        var column: Int
        var width: Int

        func addHitRegion(_ target: HitTarget, line: Int, in frame: inout Frame) {
            frame.addHitRegion(target, row: row + line, columns: column..<column + width)
        }
    }
}

/// A line of a menu: a key and what it chooses.
enum ChoiceLine {
    static func line(isChosen: Bool, _ key: String, _ text: String, keyWidth: Int = 8, isDim: Bool = false)
        -> StyledLine
    {
        var line = StyledLine(isChosen ? "▌ " : "  ", Style(.accent))
        if keyWidth > 0 { line.parts.append((key.padding(toWidth: keyWidth), Style(.match))) }
        line.parts.append((text, Style(isDim ? .dim : .plain, bold: isChosen)))
        return line
    }

    /// The visible choices around the chosen one.
    static func window(of count: Int, around choice: Int, height: Int) -> Range<Int> {
        let first = min(max(choice - height + 1, 0), count)
        return first..<min(first + height, count)
    }
}
