import TerminalText
import VisitorSessions

/// The sessions.
enum ListView {
    /// Left of the first column: the selection, the mark, the glyph of the state, and automatic renewal.
    private static let margin = 6

    static func draw(_ model: Model, in frame: inout Frame) {
        let layout = model.layout
        let list = model.list
        let columns = Column.fitting(
            frame.size.width - margin, idDigits: list.idDigits, sortedBy: list.sort.key)
        drawTitles(columns, of: model, in: &frame)

        guard !list.rows.isEmpty else {
            let room = max(layout.listHeight - 1, 1)
            let lines = StyledLine.wrapped(
                emptyText(model), width: frame.size.width - margin - 1, style: .dim, lines: room)
            for (offset, line) in lines.enumerated() {
                line.draw(row: layout.listTop + 1 + offset, column: margin, limit: frame.size.width, in: &frame)
            }
            if model.panes.focus == .list { frame.cursor = Place(row: layout.listTop + 1, column: margin) }
            return
        }
        let words = SessionFilter(list.filterText).words
        let visible = list.rows.indices.dropFirst(top(of: model)).prefix(layout.listHeight)
        for (offset, index) in visible.enumerated() {
            let row = layout.listTop + offset
            let session = list.rows[index]
            draw(session, columns, words, of: model, row: row, in: &frame)
            frame.aim(.session(session.id), row: row, columns: 0..<frame.size.width)
            if index == list.selectedRow {
                let hasFocus = model.panes.focus == .list
                frame.put(hasFocus ? "▌" : "│", row: row, column: 1, style: Style(hasFocus ? .accent : .dim))
                frame.select(row: row)
                if model.panes.focus == .list { frame.cursor = Place(row: row, column: 1) }
            }
        }
    }

    /// The first row on the screen: further down where a message would cover the selected one.
    private static func top(of model: Model) -> Int {
        let list = model.list
        guard model.layout.paneHeight == 0, let row = list.selectedRow else { return list.top }
        return max(list.top, row - model.layout.listHeight + 1 + FooterView.rowsCovered(model))
    }

    private static func emptyText(_ model: Model) -> String {
        if let problem = model.storeProblem { return problem }
        if model.showsWait { return "Searching…" }
        // Of what was asked for last, until there is an answer to what is asked for now.
        guard model.list.filterText.isEmpty, model.list.shown == SessionFilter() else {
            return noMatchText(model)
        }
        if model.isReadOnly { return "No sessions yet." }
        let generating = model.generateObstacle ?? "\(model.keymap.keyName(of: .generate)) generates one."
        return "No sessions yet. \(generating) \(model.keymap.keyName(of: .setNew)) sets tokens as a new one."
    }

    private static func noMatchText(_ model: Model) -> String {
        let filter = model.list.filterText
        let misspelt = SessionFilter.misspelt(filter).map { word, values in
            "“\(TextSanitizer.line(word))” could be: \(values.joined(separator: ", "))."
        }
        let states = SessionFilter(filter).words.filter { SessionState(rawValue: $0) != nil }.map { "state:\($0)" }
        let meant = states.isEmpty ? [] : ["\(states.joined(separator: " ")) looks for a state."]
        let whole = SessionFilter(filter).clientIDs.isEmpty ? [] : ["client: takes a whole client ID."]
        return (["No session matches. \(model.key(.back)) clears the filter."] + misspelt + meant + whole).joined(
            separator: " ")
    }

    private static func drawTitles(_ columns: [Column], of model: Model, in frame: inout Frame) {
        let sort = model.list.sort
        let row = model.layout.titleRow
        let marks = model.list.marks.count
        if marks > 0 { frame.put("\(marks)✓", row: row, column: 1, limit: margin, style: Style(.accent, bold: true)) }
        var place = margin
        for column in columns {
            let isSorted = column.sortKey == sort.key
            let arrow = sort.descending ? "△" : "▽"
            // Where the title stays the arrow comes and goes.
            let title =
                !isSorted
                ? column.title : column.alignment == .right ? "\(arrow) \(column.title)" : "\(column.title) \(arrow)"
            let style = Style(.heading, bold: isSorted)
            let indent = column.alignment == .right ? max(column.width - DisplayWidth.of(title), 0) : 0
            frame.put(title, row: row, column: place + indent, limit: place + max(column.width, 9), style: style)
            if let key = column.sortKey { frame.aim(.sort(key), row: row, columns: place..<place + column.width) }
            place += column.width + 1
        }
    }

    private static func draw(
        _ session: VisitorSession, _ columns: [Column], _ words: [String], of model: Model, row: Int,
        in frame: inout Frame
    ) {
        let state = model.state(of: session)
        let isFlashing = model.list.flashes[session.id] != nil
        if model.list.marks.contains(session.id) {
            frame.put("✓", row: row, column: 2, style: Style(.accent, bold: true))
        }
        frame.put(state.glyph, row: row, column: 3, style: Style(state.role))
        if session.autoRenew { frame.put("a", row: row, column: 4, style: Style(.renewing)) }
        var place = margin
        for column in columns {
            let text = DisplayWidth.fit(TextSanitizer.line(column.text(session, state, model)), to: column.width)
            let indent = column.alignment == .right ? column.width - DisplayWidth.of(text) : 0
            let end = place + column.width
            var style = style(column, state)
            // For a second, so that the eye finds what changed.
            if isFlashing { style = Style(.notice, bold: true) }
            if model.showsWait { style = .dim }
            frame.put(text, row: row, column: place + indent, limit: end, style: style)
            if column.title == Column.gaugeTitle, let share = session.accessShareLeft(at: model.shownAt) {
                Gauge.draw(share, row: row, columns: place..<end, style: style, in: &frame)
            }
            if Column.searched.contains(column.title) { frame.highlight(words, row: row, columns: place..<end) }
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
