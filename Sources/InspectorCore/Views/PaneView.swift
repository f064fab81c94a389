/// What is below the list: the details and the history of a session, or the log.
enum PaneView {
    static func draw(_ model: Model, in frame: inout Frame) {
        let row = model.layout.paneTop
        frame.fill("─", row: row, columns: 0..<frame.size.width, style: Style(.dim))
        let ends = PaneContent.shown(model).map { draw($0.focus, columns: $0.columns, of: model, in: &frame) }
        let tabs = PaneContent.hidden(model)
        var column = frame.size.width - tabs.reduce(1) { $0 + $1.rawValue.count + 2 }
        guard let end = ends.last, column > end else { return }
        for tab in tabs {
            let title = " \(tab.rawValue) "
            frame.put(title, row: row, column: column, style: .dim)
            frame.addHitRegion(.pane(tab), row: row, columns: column..<column + title.count)
            column += title.count
        }
    }

    /// Draws one pane and returns the column after its title.
    private static func draw(_ pane: Focus, columns: Range<Int>, of model: Model, in frame: inout Frame) -> Int {
        let top = model.layout.paneTop
        let height = model.layout.paneHeight - 1
        let hasFocus = model.panes.focus == pane
        let lines = PaneContent.lines(of: pane, model)
        let scroll = min(model.panes.scroll[pane, default: 0], max(lines.count - height, 0))
        let left = columns.lowerBound
        if hasFocus { frame.fill("━", row: top, columns: columns, style: Style(.accent)) }
        if left > 0 {
            for row in top + 1..<top + model.layout.paneHeight {
                frame.put("│", row: row, column: left, style: .dim)
            }
            frame.put(hasFocus ? "┯" : "┬", row: top, column: left, style: Style(hasFocus ? .accent : .dim))
        }
        let title = " \(PaneContent.title(of: pane, model)) "
        var column = frame.put(title, row: top, column: left + 2, style: Style(.title, bold: hasFocus))
        if lines.count > height {
            let place = " \(scroll + 1)–\(min(scroll + height, lines.count)) of \(lines.count) "
            column = frame.put(place, row: top, column: column + 1, limit: columns.upperBound, style: .dim)
        }
        for (offset, line) in lines.dropFirst(scroll).prefix(height).enumerated() {
            let row = top + 1 + offset
            line.draw(row: row, column: left + 2, limit: columns.upperBound - 1, in: &frame)
            if hasFocus, model.panes.match == scroll + offset, !model.panes.search.isEmpty {
                frame.put("▸", row: row, column: left + 1, style: Style(.match, bold: true))
            }
            frame.highlight(words(of: pane, model), row: row, columns: left + 2..<columns.upperBound)
        }
        for row in top..<top + model.layout.paneHeight { frame.addHitRegion(.pane(pane), row: row, columns: columns) }
        if hasFocus, model.line == nil {
            frame.cursor = Place(row: min(top + 1, frame.size.height - 1), column: left + 2)
        }
        return column
    }

    private static func words(of pane: Focus, _ model: Model) -> [String] {
        pane == .log
            ? model.panes.logFilter.split(separator: " ").map(String.init)
            : [model.panes.search].filter { !$0.isEmpty }
    }
}
