import Foundation
import GRDB
import SessionSQL
import VisitorSessions

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
    /// Reading a row takes about twelve times as long as passing or remembering it in an index.
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
