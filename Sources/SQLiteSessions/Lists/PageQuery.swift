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

    /// Where a scan ends: the position of the first row after it.
    struct ScanLimit {
        fileprivate let value: SQLText.Value
        fileprivate let id: SessionID
    }

    /// Where a scan of the next `count` rows ends, read from an index. `nil`: there are no rows beyond them.
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

    /// Picks the page of `query` from sessions that include all of it.
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

    /// Conditions for the page's part of the list. One of the list indexes matches them.
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

/// Reads a page of a list in the way that touches the fewest rows.
///
/// Frequent matches are found soonest by scanning in list order, rare ones by an index lookup and a sort. A short scan
/// and a short index lookup detect these cases; otherwise the list is scanned in order, with or without the index,
/// depending on the expected number of rows.
struct PageReading {
    let query: SessionQuery
    let rows: SessionRow
    let clock: StoreClock

    /// How many rows to scan before consulting an index.
    var scanLimit = 100

    /// The maximum number of rows to look up and sort.
    var lookupLimit = 2000

    func sessions(_ db: Database) throws -> [VisitorSession] {
        guard query.filter.states.contains(.discarded), query.filter.states.count > 1 else { return try part(db) }
        // The list indexes exclude discarded sessions, so two pages are merged.
        var (listed, discarded) = (query, query)
        listed.filter.states.remove(.discarded)
        discarded.filter.states = [.discarded]
        let parts = [listed, discarded].map {
            PageReading(query: $0, rows: rows, clock: clock, scanLimit: scanLimit, lookupLimit: lookupLimit)
        }
        return PageQuery.nearest(query, among: try parts.flatMap { try $0.part(db) })
    }

    private func part(_ db: Database) throws -> [VisitorSession] {
        let page = PageQuery(query, keyIDs: rows.keyIDs, clock: clock)
        let found = try nearest(page, db)
        return page.isReversed ? found.reversed() : found
    }

    private func nearest(_ page: PageQuery, _ db: Database) throws -> [VisitorSession] {
        // Sessions with automatic renewal have an index in this order.
        if query.filter.autoRenew == true, query.sort.key == .accessExpiry { return try sessions(page.sql, db) }
        // Applications use few sessions, which are looked up by ID.
        if IndexCandidates.used(query.filter, clock) != nil { return try sessions(page.sql, db) }
        let words = try IndexCandidates.having(query.filter.indexedWords, db)
        let states = IndexCandidates.inStates(of: query, keyIDs: rows.keyIDs)
        let candidates = [words, states, .renewingAutomatically(query.filter)].compactMap(\.self)
        guard !candidates.isEmpty else { return try sessions(page.sql, db) }
        // The estimated number of rows to scan for the whole page.
        var steps = 0
        if query.filter.states != [.discarded] {
            var near = try sessions(within: scanLimit, of: page, db)
            steps = scanLimit * min(max(query.limit, 0), 1 << 32) / max(near.found.count, 1)
            // If the short scan found some matches, a longer one completes the page sooner than an index.
            if !near.isAll, steps <= 16 * scanLimit { near = try sessions(within: 2 * steps, of: page, db) }
            if near.isAll { return near.found }
        }
        let found = try candidates.map { try $0.rowIDs(upTo: lookupLimit + 1, db) }
        if let fewest = found.min(by: { $0.count < $1.count }), fewest.count <= lookupLimit {
            return try sessions(page.sql(lookingUp: fewest), db)
        }
        guard let words else { return try sessions(page.sql, db) }
        if let length = try lengthOfScan(of: steps, past: found[0], db) {
            let near = try sessions(within: length, of: page, db)
            if near.isAll { return near.found }
        }
        return try sessions(page.sql(among: words), db)
    }

    private func sessions(_ query: SQLText, _ db: Database) throws -> [VisitorSession] {
        try db.rows(query, rows.session)
    }

    /// The page's rows among the next `count` of the list, and whether the page is complete.
    private func sessions(
        within count: Int, of page: PageQuery, _ db: Database
    ) throws -> (found: [VisitorSession], isAll: Bool) {
        let end = try page.end(ofScan: count, db)
        let near = try sessions(end.map { page.sql(before: $0) } ?? page.sql, db)
        return (near, near.count >= query.limit || end == nil)
    }

    /// How many rows to scan at most for the words whose first index entries are `first`. `nil`: the index is cheaper.
    ///
    /// Reading a row takes about twelve times as long as skipping or remembering it in an index.
    ///
    /// - Parameter steps: The minimum, because other words may be rarer than the indexed ones.
    private func lengthOfScan(of steps: Int, past first: [Int64], _ db: Database) throws -> Int? {
        guard let last = first.last, let end = try db.number("SELECT max(rowid) FROM session") else { return nil }
        // Table rows per match.
        let distance = Double(max(last, 1)) / Double(first.count)
        let matches = Double(end) / distance
        let steps = max(Double(steps), Double(query.limit) * distance)
        // Matches are unevenly distributed, so allow four times the estimate.
        return 12 * steps < matches + steps ? Int(4 * steps) : nil
    }
}

/// A position's rank in the whole list.
struct RankQuery {
    let position: SessionPosition
    let query: SessionQuery
    let keyIDs: [Data]
    let clock: StoreClock

    func rank(_ db: Database) throws -> SessionRank {
        var query = query
        query.start = .first
        guard query.filter.states.contains(.discarded), query.filter.states.count > 1 else {
            return try part(query, db)
        }
        // See ``PageReading/sessions(_:)``.
        var listed = query
        listed.filter.states.remove(.discarded)
        query.filter.states = [.discarded]
        let parts = try [part(listed, db), part(query, db)]
        return SessionRank(before: parts[0].before + parts[1].before, total: parts[0].total + parts[1].total)
    }

    private func part(_ query: SessionQuery, _ db: Database) throws -> SessionRank {
        let list = PageQuery(query, keyIDs: keyIDs, clock: clock)
        let sql: SQLText
        if query.filter == SessionFilter() {
            sql = list.sql(countingAllAround: position)
        } else {
            let candidates =
                try IndexCandidates.having(query.filter.indexedWords, db) ?? .used(query.filter, clock)
                ?? .renewingAutomatically(query.filter) ?? IndexCandidates.inStates(of: query, keyIDs: keyIDs)
            sql = list.sql(counting: position, among: candidates)
        }
        return try db.first(sql) { SessionRank(before: Int($0.number(0) ?? 0), total: Int($0.number(1) ?? 0)) }
            ?? SessionRank(before: 0, total: 0)
    }
}
