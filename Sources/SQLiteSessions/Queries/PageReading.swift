import Foundation
import GRDB
import VisitorSessions

/// Reads a page of a list in the way that touches the fewest rows.
///
/// What a filter keeps often is soon found by walking the order of the list; what it keeps rarely is found by an index and
/// then put in order. A short walk tells the first, a short look into the index the second. What is neither is met in the
/// order of the list, with or without the index, by how much there is of it.
struct PageReading {
    let query: SessionQuery
    let rows: SessionRow

    /// How many rows are walked before an index is asked.
    var walk = 100

    /// So many rows are rather looked up and sorted than met in the order of the list.
    var few = 2000

    func sessions(_ db: Database) throws -> [VisitorSession] {
        guard query.filter.states.contains(.discarded), query.filter.states.count > 1 else { return try part(db) }
        // Those that are put away are not in the indexes of the lists: two pages, of which the nearest make one.
        var (listed, discarded) = (query, query)
        listed.filter.states.remove(.discarded)
        discarded.filter.states = [.discarded]
        let parts = [listed, discarded].map { PageReading(query: $0, rows: rows, walk: walk, few: few) }
        return PageQuery.nearest(query, among: try parts.flatMap { try $0.part(db) })
    }

    private func part(_ db: Database) throws -> [VisitorSession] {
        let page = PageQuery(query: query, keyIDs: rows.keyIDs)
        let found = try nearest(page, db)
        return page.isReversed ? found.reversed() : found
    }

    private func nearest(_ page: PageQuery, _ db: Database) throws -> [VisitorSession] {
        // Sessions that renew themselves have an index of their own, in this order.
        if query.filter.autoRenew == true, query.sort.key == .accessExpiry { return try rows.sessions(db, page.sql) }
        let words = try Narrowing.having(query.filter.words, db)
        let states = Narrowing.being(query.filter.states, in: query, keyIDs: rows.keyIDs)
        let narrowings = [words, states, .renewingThemselves(query.filter)].compactMap(\.self)
        guard !narrowings.isEmpty else { return try rows.sessions(db, page.sql) }
        // How many rows it takes to walk to the end of the page, as far as a short walk tells.
        var steps = 0
        if query.filter.states != [.discarded] {
            var near = try sessions(within: walk, of: page, db)
            steps = walk * min(max(query.limit, 0), 1 << 32) / max(near.found.count, 1)
            // Where it has found a part of the page, a longer one finds all of it, sooner than an index.
            if !near.isAll, steps <= 16 * walk { near = try sessions(within: 2 * steps, of: page, db) }
            if near.isAll { return near.found }
        }
        let found = try narrowings.map { try $0.rowIDs(upTo: few + 1, db) }
        if let fewest = found.min(by: { $0.count < $1.count }), fewest.count <= few {
            return try rows.sessions(db, page.sql(lookingUp: fewest))
        }
        guard let words else { return try rows.sessions(db, page.sql) }
        if let length = try lengthOfWalk(of: steps, past: found[0], db) {
            let near = try sessions(within: length, of: page, db)
            if near.isAll { return near.found }
        }
        return try rows.sessions(db, page.sql(meeting: words))
    }

    /// What of the page is among so many rows of the list, and whether that is all of it.
    private func sessions(
        within count: Int, of page: PageQuery, _ db: Database
    ) throws -> (found: [VisitorSession], isAll: Bool) {
        let end = try page.end(ofWalk: count, db)
        let near = try rows.sessions(db, end.map { page.sql(before: $0) } ?? page.sql)
        return (near, near.count >= query.limit || end == nil)
    }

    /// How many rows of the list to walk at most for what `first`, the first rows of an index, are found among. `nil` where it
    /// is better met.
    ///
    /// To read a row takes some twelve times as long as to pass it in an index, or to remember it.
    ///
    /// - Parameter steps: How many it takes at least, for other words may be rarer than those of the index.
    private func lengthOfWalk(of steps: Int, past first: [Int64], _ db: Database) throws -> Int? {
        guard let last = first.last, let end = try db.number("SELECT max(rowid) FROM session", []) else { return nil }
        // So many rows of the table there are to one of those.
        let distance = Double(max(last, 1)) / Double(first.count)
        let matches = Double(end) / distance
        let steps = max(Double(steps), Double(query.limit) * distance)
        // Rows are not spread evenly: some more than it should take, and then no further.
        return 12 * steps < matches + steps ? Int(4 * steps) : nil
    }
}
