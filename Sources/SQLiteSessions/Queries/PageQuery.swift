import Foundation
import GRDB
import VisitorSessions

/// A page of a list in SQL: by keyset on the sorted value and the ID, never by offset.
struct PageQuery {
    let query: SessionQuery
    let keyIDs: [Data]

    /// The rows of the page, nearest to its start first: see ``isReversed``.
    var sql: SQL {
        "\(selection) \(order(unary: "")) LIMIT \(limit)"
    }

    /// Those of the page that stand before `end` in its part of the list.
    func sql(before end: WalkEnd) -> SQL {
        let comparison: SQL = isDescendingInTable ? ">" : "<"
        return """
            \(selection) AND (\(column), id) \(comparison) (\(end.value), \(end.id)) \(order(unary: "")) LIMIT \(limit)
            """
    }

    /// The row behind `count` others in a list.
    struct WalkEnd {
        fileprivate let value: SQL
        fileprivate let id: Data
    }

    /// Where so many rows of its part of the list end, which an index tells. `nil`: it has no more.
    func end(ofWalk count: Int, _ db: Database) throws -> WalkEnd? {
        let query: SQL = """
            SELECT \(column), id FROM session WHERE \(place.joined(operator: .and)) \(order(unary: ""))
            LIMIT 1 OFFSET \(count)
            """
        return try db.first(query) { row in
            let value: SQL =
                if case .int64(let number) = (row[0] as DatabaseValue).storage {
                    "\(number)"
                } else {
                    ColumnText.expression(try ColumnText.text(of: row, at: 0))
                }
            return WalkEnd(value: value, id: row[1])
        }
    }

    /// The page, by looking each of these rows up. The signs keep SQLite from walking the order.
    func sql(lookingUp rowIDs: [Int64]) -> SQL {
        // One value, so that the statement is the same for any number of them.
        let list = "[\(rowIDs.map(String.init).joined(separator: ","))]"
        return """
            \(selection) AND session.rowid IN (SELECT value FROM json_each(\(list))) \(order(unary: "+")) LIMIT \(limit)
            """
    }

    /// The page, by walking the order of the list and reading only the rows that are among these.
    func sql(meeting narrowing: Narrowing) -> SQL {
        "\(selection) AND +session.rowid IN (\(narrowing.rows)) \(order(unary: "")) LIMIT \(limit)"
    }

    /// How many rows of a first page's list stand before `position`, and how many there are.
    func sql(counting position: SessionPosition, among narrowing: Narrowing?) -> SQL {
        // Rows in the order of a list are all over the table: to read all of them, its own order is the fastest.
        let narrowed: SQL = narrowing.map { " AND session.rowid IN (\($0.rows))" } ?? ""
        return """
            SELECT coalesce(sum(NOT \(isBeyond(position, inclusive: true))), 0), count(*) FROM session NOT INDEXED
            WHERE \((place + kept).joined(operator: .and))\(narrowed)
            """
    }

    /// The same for a list that keeps all: it is read off an index alone.
    func sql(countingAround position: SessionPosition) -> SQL {
        let before: SQL =
            isDescendingInTable ? "(\(column), id) > \(value(position))" : "(\(column), id) < \(value(position))"
        let behind = isBeyond(position, inclusive: true)
        func number(_ condition: SQL) -> SQL {
            // The index of labels holds those, too, that are put away, of which there are few.
            query.sort.key == .label
                ? """
                ((SELECT count(*) FROM session WHERE \(condition))
                    - (SELECT count(*) FROM session WHERE NOT listed AND \(condition)))
                """
                : "(SELECT count(*) FROM session WHERE listed AND \(condition))"
        }
        return "SELECT \(number(before)), \(number(before)) + \(number(behind))"
    }

    /// The page that `query` asks for, out of sessions among which all of it are.
    static func nearest(_ query: SessionQuery, among sessions: [VisitorSession]) -> [VisitorSession] {
        let key = query.sort.key
        let placed = sessions.map { (position: $0.position(by: key), session: $0) }
            .sorted { query.sort.isBefore($0.position, $1.position) }
        let isReversed = PageQuery(query: query, keyIDs: []).isReversed
        return (isReversed ? placed.suffix(query.limit) : placed.prefix(query.limit)).map(\.session)
    }

    private var selection: SQL {
        "SELECT \(sql: SessionColumn.list) FROM session WHERE \((place + kept).joined(operator: .and))"
    }

    private func order(unary sign: String) -> SQL {
        let direction: SQL = isDescendingInTable ? "DESC" : "ASC"
        return "ORDER BY \(sql: sign)\(column) \(direction), \(sql: sign)id \(direction)"
    }

    private var limit: Int { max(query.limit, 0) }

    /// Whether the rows come against the order of the list, because the page is read from its end.
    var isReversed: Bool {
        switch query.start {
        case .first, .after, .from: false
        case .last, .before: true
        }
    }

    private var isDescendingInTable: Bool { query.sort.descending != isReversed }

    private var column: SQL {
        switch query.sort.key {
        case .accessExpiry: "access_order"
        case .refreshExpiry: "refresh_order"
        case .created: "created_order"
        case .renewed: "renewed_order"
        case .label: "label_order"
        }
    }

    /// Which part of the list the page is of: conditions that an index of lists answers.
    private var place: [SQL] {
        let filter = query.filter
        var conditions: [SQL] =
            filter.states == [.discarded] ? ["class = 'discarded' AND class <> 'timed'"] : ["listed"]
        if query.sort.key == .accessExpiry {
            // Spelt as the index spells it.
            if filter.autoRenew == true { conditions.append("auto_renew = 1") }
            conditions += endings
        }
        switch query.start {
        case .first, .last: break
        case .after(let place): conditions.append(isBeyond(place, inclusive: false))
        case .from(let place): conditions.append(isBeyond(place, inclusive: true))
        case .before(let place): conditions.append(isBeyond(place, inclusive: false))
        }
        return conditions
    }

    /// Between which ends of access tokens the states are that the time alone decides.
    private var endings: [SQL] {
        let states = query.filter.states
        guard !states.isEmpty, states.isSubset(of: [.valid, .expiring, .expired]) else { return [] }
        let instant = Milliseconds.reached(at: query.now)
        let warning = Milliseconds.reached(at: query.now + query.policy.expiryWarning)
        var conditions: [SQL] = []
        if !states.contains(.expired) {
            conditions.append("access_order > \(states.contains(.expiring) ? instant : warning)")
        }
        if !states.contains(.valid) {
            conditions.append("access_order <= \(states.contains(.expiring) ? warning : instant)")
        }
        return conditions
    }

    /// What a row must be to be kept by the filter.
    private var kept: [SQL] {
        let filter = query.filter
        var conditions: [SQL] = ["TRUE"]
        if !filter.states.isEmpty, filter.states != [.discarded], filter.states != Self.allListed {
            let state = StateExpression(now: query.now, policy: query.policy, keyIDs: keyIDs)
            conditions.append("\(state.sql) IN \(filter.states.map(\.rawValue).sorted())")
        }
        if !filter.roles.isEmpty {
            conditions.append("role IN \(filter.roles.map(\.rawValue).sorted())")
        }
        if !filter.clientIDs.isEmpty {
            conditions.append("client_id IN \(filter.clientIDs.sorted())")
        }
        if let autoRenew = filter.autoRenew {
            conditions.append(autoRenew ? "+auto_renew = 1" : "NOT (auto_renew = 1)")
        }
        if let issuer = filter.issuer {
            conditions.append("(issuer IS NULL OR issuer = \(ColumnText.expression(issuer)))")
        }
        for word in filter.words {
            conditions.append("instr(search_text, \(ColumnText.expression(VisitorSession.searchText(word)))) > 0")
        }
        return conditions
    }

    private static let allListed = Set(SessionState.allCases).subtracting([.discarded])

    /// Whether a row stands beyond `place` in the direction of reading.
    private func isBeyond(_ place: SessionPosition, inclusive: Bool) -> SQL {
        let comparison: SQL =
            switch (isDescendingInTable, inclusive) {
            case (false, false): ">"
            case (false, true): ">="
            case (true, false): "<"
            case (true, true): "<="
            }
        return "(\(column), id) \(comparison) \(value(place))"
    }

    private func value(_ place: SessionPosition) -> SQL {
        "(\(Self.expression(place.value)), \(place.id.blob))"
    }

    private static func expression(_ value: SessionPosition.Value) -> SQL {
        switch value {
        case .expiry(let expiry): "\(expiry.milliseconds)"
        case .time(let date): "\(date.map(Milliseconds.nearest) ?? Milliseconds.lowest)"
        case .text(let text): ColumnText.expression(text)
        }
    }
}
