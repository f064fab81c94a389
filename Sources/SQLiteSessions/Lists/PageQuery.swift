import Foundation
import GRDB
import SessionSQL
import VisitorSessions

/// The statements for a page of a list in SQLite.
struct PageQuery {
    private let list: ListQuery

    init(_ query: SessionQuery, keyIDs: [Data], clock: StoreClock) {
        list = ListQuery(.sqlite, query, keyIDs: keyIDs, clock: clock)
    }

    var isReversed: Bool { list.isReversed }

    // MARK: Pages

    /// The rows of the page, nearest to its start first; see ``isReversed``.
    var sql: SQLText {
        "\(selection) \(order()) LIMIT \(list.limit)"
    }

    /// The rows of the page before `end`.
    func sql(before end: ScanLimit) -> SQLText {
        let comparison = list.isDescendingInTable ? ">" : "<"
        return """
            \(selection) AND (\(raw: columns)) \(raw: comparison) (\(end.value), \(end.id)) \(order())
            LIMIT \(list.limit)
            """
    }

    /// The row after `count` others of a list.
    struct ScanLimit {
        fileprivate let value: SQLText.Value
        fileprivate let id: SessionID
    }

    /// The end of the next `count` rows of its part of the list, read from an index. `nil`: it has no more.
    func end(ofScan count: Int, _ db: Database) throws -> ScanLimit? {
        let query: SQLText = """
            SELECT \(raw: columns) FROM session WHERE \(partConditions.joined(" AND ")) \(order()) LIMIT 1 OFFSET \(count)
            """
        return try db.first(query) { row in
            let value: SQLText.Value = row.number(0).map { .number($0) } ?? .text(row.text(0))
            return row.id(1).map { ScanLimit(value: value, id: $0) }
        }
    }

    /// The page, by looking up each of these rows. `+` keeps SQLite from scanning in list order.
    func sql(lookingUp rowIDs: [Int64]) -> SQLText {
        // A single parameter, so that the statement's text doesn't depend on the number of rows.
        let rowList = "[\(rowIDs.map(String.init).joined(separator: ","))]"
        return """
            \(selection) AND session.rowid IN (SELECT value FROM json_each(\(rowList))) \(order(sign: "+"))
            LIMIT \(list.limit)
            """
    }

    /// The page, by scanning in list order and reading only candidates.
    func sql(among candidates: IndexCandidates) -> SQLText {
        "\(selection) AND +session.rowid IN (\(candidates.rows)) \(order()) LIMIT \(list.limit)"
    }

    /// The page of `query`, from sessions that include all of it.
    static func nearest(_ query: SessionQuery, among sessions: [VisitorSession]) -> [VisitorSession] {
        let placed = sessions.map { (position: $0.position(by: query.sort.key), session: $0) }
            .sorted { query.sort.isBefore($0.position, $1.position) }
        return (ListQuery.isReversed(query) ? placed.suffix(query.limit) : placed.prefix(query.limit)).map(\.session)
    }

    // MARK: Counts

    /// How many rows precede `position` in the list, and how many it has.
    func sql(counting position: SessionPosition, among candidates: IndexCandidates?) -> SQLText {
        // List order is scattered over the table, so reading all rows is fastest in table order.
        let candidateCondition: SQLText = candidates.map { " AND session.rowid IN (\($0.rows))" } ?? ""
        return """
            SELECT coalesce(sum(NOT \(list.isAfter(position, inclusive: true))), 0), count(*) FROM session NOT INDEXED
            WHERE \((partConditions + filterConditions).joined(" AND "))\(candidateCondition)
            """
    }

    /// The same for an unfiltered list, read from an index alone.
    func sql(countingAllAround position: SessionPosition) -> SQLText {
        let behind = list.isAfter(position, inclusive: true)
        let before = list.compare(list.isDescendingInTable ? ">" : "<", position)
        func number(_ condition: SQLText) -> SQLText {
            // The label index includes the few discarded sessions.
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
        "SELECT \(Dialect.sqlite.sessionColumns) FROM session WHERE \((partConditions + filterConditions).joined(" AND "))"
    }

    private var columns: String { list.columns.joined(separator: ", ") }

    private func order(sign: String = "") -> SQLText { list.order(by: list.columns, sign: sign) }

    /// Conditions for the page's part of the list, which an index of lists answers.
    private var partConditions: [SQLText] {
        let filter = list.query.filter
        var conditions: [SQLText] =
            filter.states == [.discarded] ? ["class = 'discarded' AND class <> 'timed'"] : ["listed"]
        if list.query.sort.key == .accessExpiry {
            // Must match the index's condition.
            if filter.autoRenew == true { conditions.append("auto_renew = 1") }
            conditions += expiries
        }
        if let start = list.start { conditions.append(list.isAfter(start.position, inclusive: start.inclusive)) }
        return conditions
    }

    /// The range of access expiries, if only time decides the filter's states.
    private var expiries: [SQLText] {
        let query = list.query
        let states = query.filter.states
        guard !states.isEmpty, states.isSubset(of: [.valid, .expiring, .expired]) else { return [] }
        let warning = WarningWindow(.sqlite, at: query.now, policy: query.policy)
        var conditions: [SQLText] = []
        if !states.contains(.expired) { conditions.append("access_order > \(warning.instant)") }
        if !states.contains(.valid) {
            conditions.append("access_order <= \(states.contains(.expiring) ? warning.latest : warning.instant)")
        }
        // Decided from the index, before rows are read.
        if states == [.valid] { conditions.append("NOT \(warning.hasBegun)") }
        if states == [.expiring] { conditions.append(warning.hasBegun) }
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
