import Foundation
import GRDB
import VisitorSessions

/// Where a place of a list stands in all of it.
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
        // As in a page: those that are put away are not in the indexes of the lists.
        var listed = query
        listed.filter.states.remove(.discarded)
        query.filter.states = [.discarded]
        let parts = try [part(listed, db), part(query, db)]
        return SessionRank(before: parts[0].before + parts[1].before, total: parts[0].total + parts[1].total)
    }

    private func part(_ query: SessionQuery, _ db: Database) throws -> SessionRank {
        let list = PageQuery(query: query, keyIDs: keyIDs)
        let sql: SQL
        if query.filter == SessionFilter() {
            sql = list.sql(countingAround: position)
        } else {
            let narrowing =
                try Narrowing.having(query.filter.words, db)
                ?? .renewingThemselves(query.filter)
                ?? Narrowing.being(query.filter.states, in: query, keyIDs: keyIDs)
            sql = list.sql(counting: position, among: narrowing)
        }
        let (text, arguments) = try sql.build(db)
        let row = try Row.fetchOne(db.cachedStatement(sql: text), arguments: arguments)
        return SessionRank(before: row?[0] ?? 0, total: row?[1] ?? 0)
    }
}
