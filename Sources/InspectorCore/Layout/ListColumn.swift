import TerminalText
import VisitorSessions

/// A column of the list.
struct ListColumn: Sendable {
    enum Alignment: Sendable { case left, right }

    let id: ColumnID
    let title: String
    var width: Int
    var alignment = Alignment.left

    /// Columns with the highest number are omitted first.
    var priority: Int
    var sortKey: SessionSort.Key?
    var start = 0
    let text: @Sendable (VisitorSession, SessionState, Model) -> String

    var columns: Range<Int> { start..<start + width }

    /// The width of the selection, the mark, the state's glyph and the auto-renewal sign.
    static let margin = 6

    /// The label takes the remaining width, and shrinks before important columns are omitted.
    private static let smallestLabel = 8

    /// The columns in which a filter's words are highlighted.
    static let searched: Set<ColumnID> = [.session, .label, .visitor]

    private static let all = [
        ListColumn(id: .session, title: "SESSION", width: 7, priority: 0) { session, _, model in
            session.id.prefix(model.list.idDigits)
        },
        ListColumn(id: .label, title: "LABEL", width: 18, priority: 1, sortKey: .label) { row, _, _ in row.label },
        ListColumn(id: .visitor, title: "VISITOR", width: 8, priority: 5) { session, _, _ in session.visitorID ?? "–" },
        ListColumn(id: .role, title: "ROLE", width: 7, priority: 6) { session, _, _ in session.role.rawValue },
        ListColumn(id: .state, title: "STATE", width: 10, priority: 2) { session, state, _ in
            StateLook(session, state).word
        },
        ListColumn(
            id: .access, title: "ACCESS", width: 10, alignment: .right, priority: 0, sortKey: .accessExpiry
        ) { $2.expiryText($0.accessExpiry) },
        ListColumn(id: .gauge, title: "", width: 10, priority: 4) { _, _, _ in "" },
        ListColumn(
            id: .refresh, title: "REFRESH", width: 10, alignment: .right, priority: 3, sortKey: .refreshExpiry
        ) { $2.expiryText($0.refreshExpiry) },
        ListColumn(id: .renewed, title: "RENEWED", width: 16, priority: 7, sortKey: .renewed) { session, _, model in
            let count = session.renewalCount > 1 ? " ×\(session.renewalCount)" : ""
            return model.pastText(session.renewedAt) + count
        },
        ListColumn(id: .created, title: "CREATED", width: 13, priority: 8, sortKey: .created) { session, _, model in
            model.pastText(session.createdAt)
        },
    ]

    /// The columns that fit on the screen, always including the one that the list is sorted by.
    static func fitting(_ model: Model) -> [ListColumn] {
        let width = model.size.width - margin
        let key = model.list.sort.key
        var columns = all
        columns[0].width = max(columns[0].width, model.list.idDigits)
        columns.removeAll { model.list.hiddenColumns.contains($0.id) }
        for index in columns.indices where columns[index].sortKey == key { columns[index].priority = 0 }
        // Leaves room for the number of consecutive failures.
        if model.list.rows.contains(where: { $0.failures > 0 }),
            let state = columns.firstIndex(where: { $0.id == .state })
        {
            columns[state].width += 3
        }
        if model.times != .relative {
            for index in columns.indices where [.access, .refresh].contains(columns[index].id) {
                columns[index].width = Times.momentWidth
            }
        }
        func spare() -> Int { width - columns.reduce(-1) { $0 + $1.width + 1 } }
        func label() -> Int? { columns.firstIndex { $0.id == .label } }
        while spare() < 0, let last = columns.map(\.priority).max(), last > 0 {
            if last <= 1, let label = label(), columns[label].width + spare() >= smallestLabel { break }
            columns.removeAll { $0.priority == last }
        }
        widen(&columns, by: spare())
        if let label = label() { columns[label].width = max(columns[label].width + min(spare(), 52), 1) }
        var start = margin
        for index in columns.indices {
            columns[index].start = start
            start += columns[index].width + 1
        }
        return columns
    }

    /// How much spare width the label gets before other columns grow.
    private static let labelGrowth = 12
    private static let widestGauge = 40
    /// The possible widths of a visitor's ID: each cuts it off after one of its groups of digits.
    private static let visitorWidths = [18, 23, 36]

    /// On a wide screen the visitor's ID gets up to half of the room that is left, and the gauge a quarter.
    private static func widen(_ columns: inout [ListColumn], by spare: Int) {
        let room = spare - labelGrowth
        guard room > 0 else { return }
        for index in columns.indices {
            let width = columns[index].width
            switch columns[index].id {
            case .visitor: columns[index].width = visitorWidths.last { $0 - width <= room / 2 } ?? width
            case .gauge: columns[index].width = min(width + room / 4, widestGauge)
            default: break
            }
        }
    }
}
