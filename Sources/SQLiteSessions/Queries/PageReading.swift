import Foundation
import GRDB
import VisitorSessions

/// Reads a page of a list in the way that touches the fewest rows.
///
/// What a filter keeps often is soon found by walking the order of the list; what it keeps rarely is found by an index
/// and then put in order. Which of the two it is shows in a short walk and a short count, and not in a guess.
struct PageReading {
    let query: SessionQuery
    let rows: SessionRow

    /// How many rows are walked before an index is asked.
    var walk = 2000

    /// So many rows are rather looked up and sorted than met in the order of the list.
    var few = 3000

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
        if query.filter.states != [.discarded] {
            // Where a walk finds a part of the page, one that is a few times as long finds all of it, sooner than an index.
            for length in [walk, walk * 8] {
                let end = try page.end(ofWalk: length, db)
                let near = try rows.sessions(db, end.map { page.sql(before: $0) } ?? page.sql)
                if near.count >= query.limit || end == nil { return near }
                guard near.count * 4 >= query.limit else { break }
            }
        }
        let counted = try narrowings.map { ($0, try $0.count(upTo: few + 1, db)) }
        if let (best, count) = counted.min(by: { $0.1 < $1.1 }), count <= few {
            return try rows.sessions(db, page.sql(lookingUp: best))
        }
        return try rows.sessions(db, words.map { page.sql(meeting: $0) } ?? page.sql)
    }
}
