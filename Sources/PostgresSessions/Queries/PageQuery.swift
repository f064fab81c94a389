import Foundation
import VisitorSessions

/// A page of a list in SQL: by keyset on the sorted value and the ID, never by offset.
struct PageQuery {
    let query: SessionQuery
    let keyIDs: [Data]

    /// The rows of the page, nearest to its start first: see ``isReversed``.
    var sql: SQL {
        let direction = isDescendingInTable ? " DESC" : ""
        let order = columns.map { "\(raw: $0)\(raw: direction)" as SQL }.joined(", ")
        return """
            SELECT \(SessionRow.columns) FROM session_inspector.session
            WHERE \(conditions.joined(" AND ")) ORDER BY \(order) LIMIT \(max(query.limit, 0))
            """
    }

    /// How many rows of the list stand before `position`, and how many it has.
    func sql(counting position: SessionPosition) -> SQL {
        var query = query
        query.start = .first
        let list = PageQuery(query: query, keyIDs: keyIDs)
        return """
            SELECT \(StoreMetadata.keyID), count(*) FILTER (WHERE NOT \(list.isBeyond(position, inclusive: true))), count(*)
            FROM session_inspector.session WHERE \(list.conditions.joined(" AND "))
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

    /// What the list is sorted by. A label begins with what its index holds of it.
    private var columns: [String] {
        switch query.sort.key {
        case .accessExpiry: ["access_expires_at", "id"]
        case .refreshExpiry: ["refresh_expires_at", "id"]
        case .created: ["created_at", "id"]
        case .renewed: ["renewed_at", "id"]
        case .label: ["left(label_sort, 200)", "label_sort", "id"]
        }
    }

    private var conditions: [SQL] {
        let filter = query.filter
        var conditions: [SQL] = filter.states.contains(.discarded) ? ["TRUE"] : ["discarded_at IS NULL"]
        if !filter.states.isEmpty {
            let state = StateExpression(now: query.now, policy: query.policy, keyIDs: keyIDs)
            conditions.append("(\(state.sql)) IN \(filter.states.map(\.rawValue).sorted())")
        }
        if !filter.roles.isEmpty {
            conditions.append("role IN \(filter.roles.map(\.rawValue).sorted())")
        }
        if !filter.clientIDs.isEmpty {
            conditions.append("client_id IN \(filter.clientIDs.sorted())")
        }
        if let autoRenew = filter.autoRenew {
            conditions.append(autoRenew ? "auto_renew" : "NOT auto_renew")
        }
        if let issuer = filter.issuer {
            conditions.append("(issuer IS NULL OR issuer = \(issuer))")
        }
        for word in filter.words {
            conditions.append("search_text LIKE \(Self.pattern(word.lowercased()))")
        }
        switch query.start {
        case .first, .last: break
        case .after(let place): conditions.append(isBeyond(place, inclusive: false))
        case .from(let place): conditions.append(isBeyond(place, inclusive: true))
        case .before(let place): conditions.append(isBeyond(place, inclusive: false))
        }
        return conditions
    }

    /// Matches what `word` occurs in.
    private static func pattern(_ word: String) -> String {
        "%\(word.replacing(/[\\%_]/.matchingSemantics(.unicodeScalar)) { "\\\($0.output)" })%"
    }

    /// Whether a row stands beyond `place` in the direction of reading.
    private func isBeyond(_ place: SessionPosition, inclusive: Bool) -> SQL {
        let comparison = (isDescendingInTable ? "<" : ">") + (inclusive ? "=" : "")
        let values: SQL =
            switch place.value {
            case .expiry(let expiry): "\(expiry.milliseconds)"
            case .time(let date): "\(date.map(Milliseconds.nearest) ?? Milliseconds.lowest)"
            case .text(let text): "left(\(text), 200), \(text)"
            }
        return "(\(raw: columns.joined(separator: ", "))) \(raw: comparison) (\(values), \(place.id))"
    }
}
