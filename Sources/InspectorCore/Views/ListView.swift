import TerminalText
import VisitorSessions

/// The rows of the sessions, below their titles.
enum ListView {
    /// The cells left of the columns: the selection, the mark, the state's glyph, and automatic renewal.
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
            frame.addHitRegion(.session(session.id), row: row, columns: 0..<frame.size.width)
            if index == list.selectedRow {
                let hasFocus = model.panes.focus == .list
                frame.put(hasFocus ? "▌" : "│", row: row, column: 1, style: Style(hasFocus ? .accent : .dim))
                frame.select(row: row)
                if model.panes.focus == .list { frame.cursor = Place(row: row, column: 1) }
            }
        }
    }

    /// The first visible row. A long message mustn't cover the selected one.
    private static func top(of model: Model) -> Int {
        let list = model.list
        guard model.layout.paneHeight == 0, let row = list.selectedRow else { return list.top }
        return max(list.top, row - model.layout.listHeight + 1 + FooterView.rowsCovered(model))
    }

    private static func emptyText(_ model: Model) -> String {
        if let problem = model.status.storeProblem { return problem }
        if model.showsWait { return "Searching…" }
        // Until the answer for the present filter comes, the rows belong to the one before.
        guard model.list.filterText.isEmpty, model.list.shown == SessionFilter() else {
            return noMatchText(model)
        }
        if model.isReadOnly { return "No sessions yet." }
        let problem = model.keymap.binding(of: .generate)?.disabledReason(in: model)
        let generating = problem ?? "\(model.key(.generate)) generates one."
        return "No sessions yet. \(generating) \(model.key(.setNew)) adds one from its tokens."
    }

    private static func noMatchText(_ model: Model) -> String {
        let filter = model.list.filterText
        let invalidWords = SessionFilter.invalidWords(filter).map { word, values in
            "“\(TextSanitizer.line(word))” isn't valid. Use \(values.joined(separator: ", "))."
        }
        let states = SessionFilter(filter).words.filter { SessionState(rawValue: $0) != nil }.map { "state:\($0)" }
        let meant = states.isEmpty ? [] : ["Use \(states.joined(separator: " ")) to filter by state."]
        let whole = SessionFilter(filter).clientIDs.isEmpty ? [] : ["client: needs a full client ID."]
        return (["No sessions match. \(model.key(.back)) clears the filter."] + invalidWords + meant + whole).joined(
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
            // The arrow comes and goes without moving the title.
            let title =
                !isSorted
                ? column.title : column.alignment == .right ? "\(arrow) \(column.title)" : "\(column.title) \(arrow)"
            let style = Style(.heading, bold: isSorted)
            let indent = column.alignment == .right ? max(column.width - DisplayWidth.of(title), 0) : 0
            frame.put(title, row: row, column: place + indent, limit: place + max(column.width, 9), style: style)
            if let key = column.sortKey {
                frame.addHitRegion(.sort(key), row: row, columns: place..<place + column.width)
            }
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
            // Highlights a change for a moment.
            if isFlashing { style = Style(.notice, bold: true) }
            if model.showsWait { style = .dim }
            frame.put(text, row: row, column: place + indent, limit: end, style: style)
            if column.id == .gauge, let share = session.remainingAccessShare(at: model.shownAt) {
                Gauge.draw(share, row: row, columns: place..<end, style: style, in: &frame)
            }
            if Column.searched.contains(column.id) { frame.highlight(words, row: row, columns: place..<end) }
            place += column.width + 1
        }
    }

    private static func style(_ column: Column, _ state: SessionState) -> Style {
        switch column.id {
        case .label: Style(state == .discarded ? .discarded : .plain)
        case .state, .access, .gauge: Style(state.role)
        case .session, .visitor, .role, .refresh, .renewed: .dim
        }
    }
}

/// A column of the list.
struct Column: Sendable {
    enum ID: Sendable { case session, label, visitor, role, state, access, gauge, refresh, renewed }
    enum Alignment: Sendable { case left, right }

    let id: ID
    let title: String
    var width: Int
    var alignment = Alignment.left

    /// Columns with the highest number are left out first.
    var priority: Int
    var sortKey: SessionSort.Key?
    let text: @Sendable (VisitorSession, SessionState, Model) -> String

    /// The label takes the room that is left, and shrinks before important columns are left out.
    private static let smallestLabel = 8

    /// Where the words of a filter are searched for.
    static let searched: Set<ID> = [.session, .label, .visitor]

    private static let all = [
        Column(id: .session, title: "SESSION", width: 7, priority: 0, sortKey: .created) { session, _, model in
            session.id.prefix(model.list.idDigits)
        },
        Column(id: .label, title: "LABEL", width: 18, priority: 1, sortKey: .label) { session, _, _ in session.label },
        Column(id: .visitor, title: "VISITOR", width: 8, priority: 5) { session, _, _ in
            session.visitorID.map { String($0.prefix(8)) } ?? "–"
        },
        Column(id: .role, title: "ROLE", width: 7, priority: 6) { session, _, _ in session.role.rawValue },
        Column(id: .state, title: "STATE", width: 10, priority: 2) { _, state, _ in state.rawValue },
        Column(
            id: .access, title: "ACCESS", width: 10, alignment: .right, priority: 0, sortKey: .accessExpiry
        ) { $2.end($0.accessExpiry) },
        Column(id: .gauge, title: "", width: 10, priority: 4) { _, _, _ in "" },
        Column(
            id: .refresh, title: "REFRESH", width: 10, alignment: .right, priority: 3, sortKey: .refreshExpiry
        ) { $2.end($0.refreshExpiry) },
        Column(id: .renewed, title: "RENEWED", width: 16, priority: 7, sortKey: .renewed) { session, _, model in
            let count = session.renewalCount > 1 ? " ×\(session.renewalCount)" : ""
            return model.past(session.renewedAt) + count
        },
    ]

    /// The columns that `width` cells hold. The one that the list is sorted by always stays.
    static func fitting(_ width: Int, idDigits: Int, sortedBy key: SessionSort.Key) -> [Column] {
        var columns = all
        columns[0].width = max(columns[0].width, idDigits, key == .created ? columns[0].title.count + 2 : 0)
        for index in columns.indices where columns[index].sortKey == key { columns[index].priority = 0 }
        func spare() -> Int { width - columns.reduce(-1) { $0 + $1.width + 1 } }
        func label() -> Int? { columns.firstIndex { $0.id == .label } }
        while spare() < 0, let last = columns.map(\.priority).max(), last > 0 {
            if last <= 1, let label = label(), columns[label].width + spare() >= smallestLabel { break }
            columns.removeAll { $0.priority == last }
        }
        if let label = label() { columns[label].width = max(columns[label].width + min(spare(), 52), 1) }
        return columns
    }
}

extension Model {
    /// Whether a wait for other rows than the visible ones is shown.
    var showsWait: Bool { status.storeProblem == nil && list.waitDue.map { $0 <= now } == true }
}
