import VisitorSessions

import struct Foundation.Date

/// One column of the list, as data.
struct Column: Sendable {
    enum Alignment: Sendable { case left, right }

    var title: String
    var width: Int
    var alignment = Alignment.left

    /// Columns of a higher number go first where there is no room.
    var priority: Int
    var sortKey: SessionSort.Key?
    var text: @Sendable (VisitorSession, SessionState, Model) -> String

    /// The column that takes what room is left, and gives of its own before anything goes that matters more.
    static let labelTitle = "LABEL"
    private static let smallestLabel = 8

    /// The column that shows what is left as a bar.
    static let gaugeTitle = ""

    /// The columns that the words of a filter are looked for in.
    static let searched: Set<String> = ["SESSION", labelTitle, "VISITOR"]

    static let all = [
        Column(title: "SESSION", width: 7, priority: 0, sortKey: .created) { session, _, model in
            session.id.prefix(model.list.idDigits)
        },
        Column(title: labelTitle, width: 18, priority: 1, sortKey: .label) { session, _, _ in session.label },
        Column(title: "VISITOR", width: 8, priority: 5) { session, _, _ in
            session.visitorID.map { String($0.prefix(8)) } ?? "–"
        },
        Column(title: "ROLE", width: 7, priority: 6) { session, _, _ in session.role.rawValue },
        Column(title: "STATE", width: 10, priority: 2) { _, state, _ in state.rawValue },
        Column(title: "ACCESS", width: 10, alignment: .right, priority: 0, sortKey: .accessExpiry) {
            $2.end($0.accessExpiry)
        },
        Column(title: gaugeTitle, width: 10, priority: 4) { _, _, _ in "" },
        Column(title: "REFRESH", width: 10, alignment: .right, priority: 3, sortKey: .refreshExpiry) {
            $2.end($0.refreshExpiry)
        },
        Column(title: "RENEWED", width: 16, priority: 7, sortKey: .renewed) { session, _, model in
            let count = session.renewalCount > 1 ? " ×\(session.renewalCount)" : ""
            return model.past(session.renewedAt) + count
        },
    ]

    /// The columns that a width of so many cells holds, with the label as wide as that allows. The one that the list is
    /// sorted by stays.
    static func fitting(_ width: Int, idDigits: Int, sortedBy key: SessionSort.Key) -> [Column] {
        var columns = all
        columns[0].width = max(columns[0].width, idDigits, key == .created ? columns[0].title.count + 2 : 0)
        for place in columns.indices where columns[place].sortKey == key { columns[place].priority = 0 }
        func spare() -> Int { width - columns.reduce(-1) { $0 + $1.width + 1 } }
        func label() -> Int? { columns.firstIndex { $0.title == labelTitle } }
        while spare() < 0, let last = columns.map(\.priority).max(), last > 0 {
            if last <= 1, let label = label(), columns[label].width + spare() >= smallestLabel { break }
            columns.removeAll { $0.priority == last }
        }
        if let label = label() { columns[label].width = max(columns[label].width + min(spare(), 52), 1) }
        return columns
    }
}
