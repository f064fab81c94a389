/// The panes below the list: a session's details and history, its requests, or the log.
enum PaneView {
    static func draw(_ model: Model, in frame: inout Frame) {
        let row = model.layout.paneTop
        frame.fill("─", row: row, columns: 0..<frame.size.width, style: Style(.dim))
        let boxes = model.paneBoxes
        for box in boxes { draw(box, of: model, in: &frame) }
        for tab in model.paneTabs(beside: boxes) {
            frame.put(tab.title, row: row, column: tab.columns.lowerBound, style: .dim)
        }
    }

    private static func draw(_ box: PaneBox, of model: Model, in frame: inout Frame) {
        let rows = model.layout.paneRows
        let top = rows.lowerBound
        let (left, right) = (box.columns.lowerBound, box.columns.upperBound)
        let hasFocus = model.panes.focus == box.pane
        if hasFocus { frame.fill("━", row: top, columns: box.columns, style: Style(.accent)) }
        if left > 0 {
            for row in rows.dropFirst() { frame.put("│", row: row, column: left, style: .dim) }
            frame.put(hasFocus ? "┯" : "┬", row: top, column: left, style: Style(hasFocus ? .accent : .dim))
        }
        let column = frame.put(box.title, row: top, column: left + 2, style: Style(.title, bold: hasFocus))
        frame.put(box.position, row: top, column: column + 1, limit: right, style: .dim)
        let words = words(of: box.pane, model.panes)
        var cursorRow = top + 1
        for (offset, line) in box.lines.dropFirst(box.scroll).prefix(rows.count - 1).enumerated() {
            let row = top + 1 + offset
            line.draw(row: row, column: left + 2, limit: right - 1, in: &frame)
            if hasFocus, model.panes.match == box.scroll + offset, !model.panes.search.isEmpty {
                frame.put("▸", row: row, column: left + 1, style: Style(.match, bold: true))
            }
            frame.highlight(words, row: row, columns: left + 2..<right)
            if hasFocus, box.cursor == box.scroll + offset {
                frame.put("▌", row: row, column: left + 1, style: Style(.accent))
                frame.select(row: row, columns: left + 1..<right)
                cursorRow = row
            }
        }
        if hasFocus, model.prompt == nil {
            frame.cursor = Position(row: min(cursorRow, frame.size.height - 1), column: left + 2)
        }
    }

    private static func words(of pane: Focus, _ panes: Panes) -> [String] {
        [.requests, .log].contains(pane)
            ? panes.filters[pane, default: ""].split(separator: " ").map(String.init)
            : [panes.search].filter { !$0.isEmpty }
    }
}
