import TerminalText

/// The top popup.
enum PopupView {
    static func draw(_ popup: Popup, of model: Model, in frame: inout Frame) {
        let box = PopupBox(popup, model)
        drawBorder(box, in: &frame)
        draw(box, in: &frame)
        let (row, columns) = (box.textRow, box.textColumns)
        frame.cursor = Position(row: min(row, frame.size.height - 1), column: columns.lowerBound)
        switch popup {
        case .confirmation: break
        case .help, .notice:
            guard let filter = popup.filter else { break }
            if filter.isTyped {
                let typed = DisplayWidth.of(TextSanitizer.line(filter.field.tail))
                let end = columns.lowerBound + 1 + DisplayWidth.of(box.title) - typed
                frame.cursor = Position(row: box.rows.lowerBound, column: min(end, columns.upperBound - 1))
                frame.showsCursor = true
            }
            for row in box.rows.dropFirst().dropLast() { frame.highlight(filter.words, row: row, columns: columns) }
        case .palette(let palette):
            frame.put(":", row: row, column: columns.lowerBound, style: Style(.accent, bold: true))
            palette.field.draw(row: row, columns: columns.dropFirst(2), in: &frame)
        case .copy(let menu): frame.cursor.row = row + menu.choice - (box.choices?.shown.lowerBound ?? 0)
        case .view(let menu): frame.cursor.row = row + menu.choice - (box.choices?.shown.lowerBound ?? 0)
        case .label(let editor): editor.field.draw(row: row, columns: columns, in: &frame)
        case .form(let form):
            let text = columns.dropFirst(PopupLines.fieldNameWidth)
            form.fields[form.current].text.draw(row: row + form.current, columns: text, in: &frame)
        case .setTokens(let editor):
            let typed = min(editor.field.cursor, TextField.maskedCharacters)
            frame.cursor = Position(row: row, column: min(columns.lowerBound + typed, frame.size.width - 1))
            frame.showsCursor = true
        }
    }

    private static func draw(_ box: PopupBox, in frame: inout Frame) {
        let (left, right) = (box.textColumns.lowerBound, box.textColumns.upperBound)
        let (top, bottom) = (box.rows.lowerBound, box.rows.upperBound - 1)
        let end = right - DisplayWidth.of(box.position)
        frame.put(" \(box.title) ", row: top, column: left, limit: end, style: Style(.title, bold: true))
        frame.put(box.position, row: top, column: end, style: .dim)
        frame.put(" \(box.hint) ", row: bottom, column: left, limit: right, style: .dim)
        for (offset, line) in box.lines.dropFirst(box.scroll).prefix(box.rows.count - 2).enumerated() {
            line.draw(row: top + 1 + offset, column: left, limit: right, in: &frame)
        }
    }

    private static func drawBorder(_ box: PopupBox, in frame: inout Frame) {
        let style = Style(.accent)
        let (left, right) = (box.columns.lowerBound, box.columns.upperBound - 1)
        for row in box.rows {
            frame.fill(row: row, columns: box.columns, style: .plain)
            frame.put("│", row: row, column: left, style: style)
            frame.put("│", row: row, column: right, style: style)
        }
        for (row, corners) in [(box.rows.lowerBound, ("┌", "┐")), (box.rows.upperBound - 1, ("└", "┘"))] {
            frame.fill("─", row: row, columns: box.columns, style: style)
            frame.put(corners.0, row: row, column: left, style: style)
            frame.put(corners.1, row: row, column: right, style: style)
        }
    }
}
