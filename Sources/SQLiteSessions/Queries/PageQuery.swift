import Foundation
import GRDB
import VisitorSessions

/// A page of a list in SQL: by keyset on the sorted value and the ID, never by offset.
struct PageQuery {
    let query: SessionQuery
    let keyIDs: [Data]

    /// The rows of the page, nearest to its start first: see ``isReversed``.
    var sql: SQL {
        let direction: SQL = isDescendingInTable ? "DESC" : "ASC"
        return """
            SELECT \(sql: SessionColumn.list) FROM session
            WHERE \(conditions.joined(operator: .and))
            ORDER BY \(column) \(direction), id \(direction)
            LIMIT \(max(query.limit, 0))
            """
    }

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

    private var conditions: [SQL] {
        let filter = query.filter
        var conditions: [SQL] = filter.states.contains(.discarded) ? ["TRUE"] : ["listed"]
        if !filter.states.isEmpty {
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
            // Spelt as the index spells it.
            conditions.append(autoRenew ? "auto_renew = 1" : "NOT (auto_renew = 1)")
        }
        if let issuer = filter.issuer {
            conditions.append("(issuer IS NULL OR issuer = \(ColumnText.expression(issuer)))")
        }
        for word in filter.words {
            conditions.append("instr(search_text, \(ColumnText.expression(word.lowercased()))) > 0")
        }
        switch query.start {
        case .first, .last: break
        case .after(let place): conditions.append(isBeyond(place, inclusive: false))
        case .from(let place): conditions.append(isBeyond(place, inclusive: true))
        case .before(let place): conditions.append(isBeyond(place, inclusive: false))
        }
        return conditions
    }

    /// Whether a row stands beyond `place` in the direction of reading.
    private func isBeyond(_ place: SessionPosition, inclusive: Bool) -> SQL {
        let comparison: SQL =
            switch (isDescendingInTable, inclusive) {
            case (false, false): ">"
            case (false, true): ">="
            case (true, false): "<"
            case (true, true): "<="
            }
        return "(\(column), id) \(comparison) (\(Self.expression(place.value)), \(place.id.blob))"
    }

    private static func expression(_ value: SessionPosition.Value) -> SQL {
        switch value {
        case .expiry(let expiry): "\(expiry.milliseconds)"
        case .time(let date): "\(date.map(Milliseconds.nearest) ?? Milliseconds.lowest)"
        case .text(let text): ColumnText.expression(text)
        }
    }
}
