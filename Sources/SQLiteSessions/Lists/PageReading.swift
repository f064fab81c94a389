import Foundation
import GRDB
import SessionSQL
import VisitorSessions

/// Reads a page of a list in the way that touches the fewest rows.
///
/// What a filter keeps often is soon found by scanning in the order of the list; what it keeps rarely is found by an index
/// and then sorted. A short scan tells the first, a short look into the index the second. What is neither is met in the
/// order of the list, with or without the index, depending on how much there is of it.
struct PageReading {
    let query: SessionQuery
    let rows: SessionRow

    /// How many rows are scanned before an index is asked.
    var scanLimit = 100

    /// Up to so many rows are looked up and sorted rather than met in the order of the list.
    var lookupLimit = 2000

    func sessions(_ db: Database) throws -> [VisitorSession] {
        guard query.filter.states.contains(.discarded), query.filter.states.count > 1 else { return try part(db) }
        // Discarded sessions aren't in the indexes of the lists: the nearest rows of two pages make one.
        var (listed, discarded) = (query, query)
        listed.filter.states.remove(.discarded)
        discarded.filter.states = [.discarded]
        let parts = [listed, discarded].map {
            PageReading(query: $0, rows: rows, scanLimit: scanLimit, lookupLimit: lookupLimit)
        }
        return PageQuery.nearest(query, among: try parts.flatMap { try $0.part(db) })
    }

    private func part(_ db: Database) throws -> [VisitorSession] {
        let page = PageQuery(query, keyIDs: rows.keyIDs)
        let found = try nearest(page, db)
        return page.isReversed ? found.reversed() : found
    }

    private func nearest(_ page: PageQuery, _ db: Database) throws -> [VisitorSession] {
        // Sessions with automatic renewal have an index of their own, in this order.
        if query.filter.autoRenew == true, query.sort.key == .accessExpiry { return try sessions(page.sql, db) }
        let words = try IndexCandidates.having(query.filter.words, db)
        let states = IndexCandidates.inStates(of: query, keyIDs: rows.keyIDs)
        let candidates = [words, states, .renewingAutomatically(query.filter)].compactMap(\.self)
        guard !candidates.isEmpty else { return try sessions(page.sql, db) }
        // How many rows it takes to scan to the end of the page, as far as a short scan tells.
        var steps = 0
        if query.filter.states != [.discarded] {
            var near = try sessions(within: scanLimit, of: page, db)
            steps = scanLimit * min(max(query.limit, 0), 1 << 32) / max(near.found.count, 1)
            // If it has found a part of the page, a longer one finds all of it, sooner than an index.
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

    /// What of the page is among so many rows of the list, and whether that is all of it.
    private func sessions(
        within count: Int, of page: PageQuery, _ db: Database
    ) throws -> (found: [VisitorSession], isAll: Bool) {
        let end = try page.end(ofScan: count, db)
        let near = try sessions(end.map { page.sql(before: $0) } ?? page.sql, db)
        return (near, near.count >= query.limit || end == nil)
    }

    /// How many rows of the list to scan at most for what `first`, the first rows of an index, are found among. `nil` if
    /// it is better met.
    ///
    /// To read a row takes some twelve times as long as to pass it in an index, or to remember it.
    ///
    /// - Parameter steps: How many it takes at least, because other words may be rarer than those of the index.
    private func lengthOfScan(of steps: Int, past first: [Int64], _ db: Database) throws -> Int? {
        guard let last = first.last, let end = try db.number("SELECT max(rowid) FROM session") else { return nil }
        // So many rows of the table there are to one of those.
        let distance = Double(max(last, 1)) / Double(first.count)
        let matches = Double(end) / distance
        let steps = max(Double(steps), Double(query.limit) * distance)
        // Rows aren't spread evenly: some more than it should take, and then no further.
        return 12 * steps < matches + steps ? Int(4 * steps) : nil
    }
}

/// Where a place of a list is in all of it.
struct RankQuery {
    let position: SessionPosition
    let query: SessionQuery
    let keyIDs: [Data]

    func rank(_ db: Database) throws -> SessionRank {
        var query = query
        query.start = .first
        guard query.filter.states.contains(.discarded), query.filter.states.count > 1 else {
            return try part(query, db)
        }
        // As in a page: discarded sessions aren't in the indexes of the lists.
        var listed = query
        listed.filter.states.remove(.discarded)
        query.filter.states = [.discarded]
        let parts = try [part(listed, db), part(query, db)]
        return SessionRank(before: parts[0].before + parts[1].before, total: parts[0].total + parts[1].total)
    }

    private func part(_ query: SessionQuery, _ db: Database) throws -> SessionRank {
        let list = PageQuery(query, keyIDs: keyIDs)
        let sql: SQLText
        if query.filter == SessionFilter() {
            sql = list.sql(countingAround: position)
        } else {
            let candidates =
                try IndexCandidates.having(query.filter.words, db) ?? .renewingAutomatically(query.filter)
                ?? IndexCandidates.inStates(of: query, keyIDs: keyIDs)
            sql = list.sql(counting: position, among: candidates)
        }
        return try db.first(sql) { SessionRank(before: Int($0.number(0) ?? 0), total: Int($0.number(1) ?? 0)) }
            ?? SessionRank(before: 0, total: 0)
    }
}
