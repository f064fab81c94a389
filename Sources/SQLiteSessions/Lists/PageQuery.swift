import Foundation
import GRDB
import SessionSQL
import VisitorSessions

/// A page of a list in SQLite's ways of reading it.
struct PageQuery {
    private let list: ListQuery

    init(_ query: SessionQuery, keyIDs: [Data]) {
        list = ListQuery(.sqlite, query, keyIDs: keyIDs)
    }

    var isReversed: Bool { list.isReversed }

    // MARK: Pages

    /// The rows of the page, nearest to its start first: see ``isReversed``.
    var sql: SQLText {
        "\(selection) \(order()) LIMIT \(list.limit)"
    }

    /// Those of the page that are before `end` in its part of the list.
    func sql(before end: ScanEnd) -> SQLText {
        let comparison = list.isDescendingInTable ? ">" : "<"
        return """
            \(selection) AND (\(raw: columns)) \(raw: comparison) (\(end.value), \(end.id)) \(order())
            LIMIT \(list.limit)
            """
    }

    /// The row behind `count` others in a list.
    struct ScanEnd {
        fileprivate let value: SQLText.Value
        fileprivate let id: SessionID
    }

    /// Where so many rows of its part of the list end, which an index tells. `nil`: it has no more.
    func end(ofScan count: Int, _ db: Database) throws -> ScanEnd? {
        let query: SQLText = """
            SELECT \(raw: columns) FROM session WHERE \(place.joined(" AND ")) \(order()) LIMIT 1 OFFSET \(count)
            """
        return try db.first(query) { row in
            let value: SQLText.Value = row.number(0).map { .number($0) } ?? .text(row.text(0))
            return row.id(1).map { ScanEnd(value: value, id: $0) }
        }
    }

    /// The page, by looking up each of these rows. The signs keep SQLite from scanning in the order of the list.
    func sql(lookingUp rowIDs: [Int64]) -> SQLText {
        // One value, so that the statement is the same for any number of them.
        let rowList = "[\(rowIDs.map(String.init).joined(separator: ","))]"
        return """
            \(selection) AND session.rowid IN (SELECT value FROM json_each(\(rowList))) \(order(sign: "+"))
            LIMIT \(list.limit)
            """
    }

    /// The page, by scanning in the order of the list and reading only the rows that are among these.
    func sql(among candidates: IndexCandidates) -> SQLText {
        "\(selection) AND +session.rowid IN (\(candidates.rows)) \(order()) LIMIT \(list.limit)"
    }

    /// The page that `query` asks for, out of sessions that contain all of it.
    static func nearest(_ query: SessionQuery, among sessions: [VisitorSession]) -> [VisitorSession] {
        let placed = sessions.map { (position: $0.position(by: query.sort.key), session: $0) }
            .sorted { query.sort.isBefore($0.position, $1.position) }
        let isReversed = PageQuery(query, keyIDs: []).isReversed
        return (isReversed ? placed.suffix(query.limit) : placed.prefix(query.limit)).map(\.session)
    }

    // MARK: Counts

    /// How many rows of a first page's list are before `position`, and how many there are.
    func sql(counting position: SessionPosition, among candidates: IndexCandidates?) -> SQLText {
        // Rows in the order of a list are all over the table: to read all of them, its own order is the fastest.
        let narrowed: SQLText = candidates.map { " AND session.rowid IN (\($0.rows))" } ?? ""
        return """
            SELECT coalesce(sum(NOT \(list.isAfter(position, inclusive: true))), 0), count(*) FROM session NOT INDEXED
            WHERE \((place + filterConditions).joined(" AND "))\(narrowed)
            """
    }

    /// The same for a list that keeps all: it is read off an index alone.
    func sql(countingAround position: SessionPosition) -> SQLText {
        let behind = list.isAfter(position, inclusive: true)
        let before = list.compare(list.isDescendingInTable ? ">" : "<", position)
        func number(_ condition: SQLText) -> SQLText {
            // The index of labels holds the few discarded sessions, too.
            list.query.sort.key == .label
                ? """
                ((SELECT count(*) FROM session WHERE \(condition))
                    - (SELECT count(*) FROM session WHERE NOT listed AND \(condition)))
                """
                : "(SELECT count(*) FROM session WHERE listed AND \(condition))"
        }
        return "SELECT \(number(before)), \(number(before)) + \(number(behind))"
    }

    // MARK: Pieces

    private var selection: SQLText {
        "SELECT \(Dialect.sqlite.sessionColumns) FROM session WHERE \((place + filterConditions).joined(" AND "))"
    }

    private var columns: String { list.columns.joined(separator: ", ") }

    private func order(sign: String = "") -> SQLText { list.order(by: list.columns, sign: sign) }

    /// Which part of the list the page is of: conditions that an index of lists answers.
    private var place: [SQLText] {
        let filter = list.query.filter
        var conditions: [SQLText] =
            filter.states == [.discarded] ? ["class = 'discarded' AND class <> 'timed'"] : ["listed"]
        if list.query.sort.key == .accessExpiry {
            // Spelt as the index spells it.
            if filter.autoRenew == true { conditions.append("auto_renew = 1") }
            conditions += expiries
        }
        if let start = list.start { conditions.append(list.isAfter(start.position, inclusive: start.inclusive)) }
        return conditions
    }

    /// Between which expiries of access tokens the states are that time alone decides.
    private var expiries: [SQLText] {
        let query = list.query
        let states = query.filter.states
        guard !states.isEmpty, states.isSubset(of: [.valid, .expiring, .expired]) else { return [] }
        let instant = Milliseconds.floor(query.now)
        let warning = Milliseconds.floor(query.now + query.policy.expiryWarning)
        var conditions: [SQLText] = []
        if !states.contains(.expired) {
            conditions.append("access_order > \(states.contains(.expiring) ? instant : warning)")
        }
        if !states.contains(.valid) {
            conditions.append("access_order <= \(states.contains(.expiring) ? warning : instant)")
        }
        return conditions
    }

    private var filterConditions: [SQLText] {
        let states = list.query.filter.states
        guard !states.isEmpty, states != [.discarded], states != Self.allListed else {
            return ["TRUE"] + list.filterConditions
        }
        return ["\(list.states.sql) IN \(states.map(\.rawValue).sorted())"] + list.filterConditions
    }

    private static let allListed = Set(SessionState.allCases).subtracting([.discarded])
}
