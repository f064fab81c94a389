import Foundation
import VisitorSessions

/// A page of a list in SQL: by keyset on the sorted value and the ID, never by offset.
///
/// A list is made of parts, each of which one index has in the order of the list: sessions that are put away apart from the
/// others, and long labels apart from short ones. A page is the nearest rows of each part, merged.
struct PageQuery {
    let query: SessionQuery
    let keyIDs: [Data]

    /// The rows of the page, nearest to its start first: see ``isReversed``.
    var sql: SQL {
        let limit = max(query.limit, 0)
        let parts = parts
        let end: SQL = "ORDER BY \(order(by: columns)) LIMIT \(limit)"
        guard parts.count > 1 else {
            let part = parts[0]
            return """
                SELECT \(SessionRow.columns) FROM session_inspector.session
                WHERE \(part.conditions.joined(" AND ")) ORDER BY \(order(by: part.columns)) LIMIT \(limit)
                """
        }
        let nearest = parts.map { part -> SQL in
            """
            (SELECT * FROM session_inspector.session
            WHERE \(part.conditions.joined(" AND ")) ORDER BY \(order(by: part.columns)) LIMIT \(limit))
            """
        }
        return "SELECT \(SessionRow.columns) FROM (\(nearest.joined(" UNION ALL "))) AS session \(end)"
    }

    /// How many rows of the list stand before `position`, and how many it has.
    func sql(counting position: SessionPosition) -> SQL {
        var query = query
        query.start = .first
        let list = PageQuery(query: query, keyIDs: keyIDs)
        let isListed = list.conditions(states: query.filter.states).joined(" AND ")
        return """
            SELECT \(StoreMetadata.keyID), count(*) FILTER (WHERE NOT \(list.isBeyond(position, inclusive: true))), count(*)
            FROM session_inspector.session WHERE \(isListed)
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

    // MARK: Parts

    /// Rows that one index has in the order of the list.
    private struct Part {
        let conditions: [SQL]
        let columns: [String]
    }

    private var parts: [Part] {
        let states = query.filter.states
        let kept = states.subtracting([.discarded])
        let lists = states.contains(.discarded) && !kept.isEmpty ? [kept, [.discarded]] : [states]
        return lists.flatMap { states in
            let conditions = conditions(states: states)
            guard query.sort.key == .label else { return [Part(conditions: conditions + start, columns: columns)] }
            return [
                Part(
                    conditions: conditions + ["length(label_sort) <= 200"] + startOfShort,
                    columns: [Self.beginning, "id"]),
                Part(conditions: conditions + ["length(label_sort) > 200"] + start, columns: columns),
            ]
        }
    }

    /// What the index holds of a label: all of a short one.
    private static let beginning = "left(label_sort, 200)"

    /// What the list is sorted by. A label begins with what its index holds of it.
    private var columns: [String] {
        switch query.sort.key {
        case .accessExpiry: ["access_expires_at", "id"]
        case .refreshExpiry: ["refresh_expires_at", "id"]
        case .created: ["created_at", "id"]
        case .renewed: ["renewed_at", "id"]
        case .label: [Self.beginning, "label_sort", "id"]
        }
    }

    private func order(by columns: [String]) -> SQL {
        let direction = isDescendingInTable ? " DESC" : ""
        return columns.map { "\(raw: $0)\(raw: direction)" as SQL }.joined(", ")
    }

    // MARK: Conditions

    /// What the filter keeps, of sessions in these states. None of them: of all that are not put away.
    private func conditions(states: Set<SessionState>) -> [SQL] {
        let filter = query.filter
        var conditions: [SQL] =
            states.isEmpty
            ? ["discarded_at IS NULL"]
            : StateExpression(now: query.now, policy: query.policy, keyIDs: keyIDs).conditions(states)
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
        return conditions.isEmpty ? ["TRUE"] : conditions
    }

    /// Matches what `word` occurs in.
    private static func pattern(_ word: String) -> String {
        "%\(word.replacing(/[\\%_]/.matchingSemantics(.unicodeScalar)) { "\\\($0.output)" })%"
    }

    /// Where the page begins.
    private var start: [SQL] {
        switch query.start {
        case .first, .last: []
        case .after(let place), .before(let place): [isBeyond(place, inclusive: false)]
        case .from(let place): [isBeyond(place, inclusive: true)]
        }
    }

    /// The same for short labels, as their index compares them.
    private var startOfShort: [SQL] {
        let (place, isIncluded): (SessionPosition, Bool)
        switch query.start {
        case .first, .last: return []
        case .after(let start), .before(let start): (place, isIncluded) = (start, false)
        case .from(let start): (place, isIncluded) = (start, true)
        }
        guard case .text(let text) = place.value else { return [] }
        let beginning: SQL = "\(raw: Self.beginning)"
        guard ColumnText.encoded(text).unicodeScalars.count > 200 else {
            return ["(\(beginning), id) \(comparison(inclusive: isIncluded)) (\(text), \(place.id))"]
        }
        // One that is its beginning comes before a long one.
        return ["\(beginning) \(raw: isDescendingInTable ? "<=" : ">") left(\(text), 200)"]
    }

    /// Whether a row stands beyond `place` in the direction of reading.
    private func isBeyond(_ place: SessionPosition, inclusive: Bool) -> SQL {
        let values: SQL =
            switch place.value {
            case .expiry(let expiry): "\(expiry.milliseconds)"
            case .time(let date): "\(date.map(Milliseconds.nearest) ?? Milliseconds.lowest)"
            case .text(let text): "left(\(text), 200), \(text)"
            }
        return "(\(raw: columns.joined(separator: ", "))) \(comparison(inclusive: inclusive)) (\(values), \(place.id))"
    }

    private func comparison(inclusive: Bool) -> SQL {
        "\(raw: (isDescendingInTable ? "<" : ">") + (inclusive ? "=" : ""))"
    }
}
