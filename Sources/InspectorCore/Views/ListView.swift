import VisitorSessions

/// The sessions.
enum ListView {
    /// Left of the first column: the mark of the selection, and the glyph of the state.
    private static let margin = 5

    static func draw(_ model: Model, in frame: inout Frame) {
        let layout = model.layout
        let list = model.list
        let columns = Column.fitting(frame.size.width - margin, idDigits: list.idDigits)
        drawTitles(columns, sort: list.sort, in: &frame)

        guard !list.rows.isEmpty else {
            frame.put(emptyText(model), row: layout.listTop + 1, column: margin, style: .dim)
            frame.cursor = Place(row: layout.listTop + 1, column: margin)
            return
        }
        let visible = list.rows.indices.dropFirst(list.top).prefix(layout.listHeight)
        for (offset, index) in visible.enumerated() {
            let row = layout.listTop + offset
            let isSelected = index == list.selectedRow
            draw(list.rows[index], columns, of: model, row: row, in: &frame)
            if isSelected {
                frame.put("▌", row: row, column: 1, style: Style(.accent))
                frame.select(row: row)
                if !frame.showsCursor { frame.cursor = Place(row: row, column: 1) }
            }
        }
    }

    private static func emptyText(_ model: Model) -> String {
        if let problem = model.storeProblem { return problem }
        if !model.list.filterText.isEmpty { return "No session matches. Esc clears the filter." }
        return model.isReadOnly ? "No sessions yet." : "No sessions yet. g generates one, S sets tokens as a new one."
    }

    private static func drawTitles(_ columns: [Column], sort: SessionSort, in frame: inout Frame) {
        var place = margin
        for column in columns {
            let isSorted = column.sortKey == sort.key
            let title = isSorted ? "\(column.title) \(sort.descending ? "△" : "▽")" : column.title
            let style = Style(.heading, bold: isSorted)
            let indent = column.alignment == .right ? max(column.width - DisplayWidth.of(title), 0) : 0
            frame.put(title, row: 2, column: place + indent, limit: place + max(column.width, 9), style: style)
            place += column.width + 1
        }
    }

    private static func draw(
        _ session: VisitorSession, _ columns: [Column], of model: Model, row: Int, in frame: inout Frame
    ) {
        let state = model.state(of: session)
        frame.put(state.glyph, row: row, column: 3, style: Style(state.role))
        var place = margin
        for column in columns {
            let text = DisplayWidth.fit(TextSanitizer.line(column.text(session, state, model)), to: column.width)
            let indent = column.alignment == .right ? column.width - DisplayWidth.of(text) : 0
            let end = place + column.width
            frame.put(text, row: row, column: place + indent, limit: end, style: style(column, state))
            if column.title == Column.gaugeTitle, let rest = text.firstIndex(of: Gauge.empty) {
                let filled = text.distance(from: text.startIndex, to: rest)
                frame.put(String(text[rest...]), row: row, column: place + filled, limit: end, style: Style(.gauge))
            }
            place += column.width + 1
        }
    }

    private static func style(_ column: Column, _ state: SessionState) -> Style {
        switch column.title {
        case Column.labelTitle: Style(state == .discarded ? .discarded : .plain)
        case "STATE", "ACCESS", Column.gaugeTitle: Style(state.role)
        default: .dim
        }
    }
}
