package import Foundation
package import VisitorSessions

/// A page of a list: what the filter keeps, in its order, by keyset on the sorted value and the ID, never by offset.
///
/// In which parts a page is read, and by which index, is the adapters' choice.
package struct ListQuery: Sendable {
    package let dialect: Dialect
    package let query: SessionQuery
    package let keyIDs: [Data]

    package init(_ dialect: Dialect, _ query: SessionQuery, keyIDs: [Data]) {
        self.dialect = dialect
        self.query = query
        self.keyIDs = keyIDs
    }

    package var limit: Int { max(query.limit, 0) }

    package var states: StateRule { StateRule(dialect, at: query.now, policy: query.policy, keyIDs: keyIDs) }

    // MARK: Order

    /// Whether the rows come against the order of the list, because the page is read from its end.
    package var isReversed: Bool {
        switch query.start {
        case .first, .after, .from: false
        case .last, .before: true
        }
    }

    package var isDescendingInTable: Bool { query.sort.descending != isReversed }

    /// What PostgreSQL's index holds of a label: all of a short one.
    package static let labelStart = "left(label_sort, 200)"

    /// What the list is sorted by.
    package var columns: [String] {
        switch (query.sort.key, dialect) {
        case (.accessExpiry, _): [dialect.accessExpiry.text, "id"]
        case (.refreshExpiry, _): [dialect.refreshExpiry.text, "id"]
        case (.created, .sqlite): ["created_order", "id"]
        case (.created, .postgres): ["created_at", "id"]
        case (.renewed, .sqlite): ["renewed_order", "id"]
        case (.renewed, .postgres): ["renewed_at", "id"]
        case (.label, .sqlite): ["label_order", "id"]
        case (.label, .postgres): [Self.labelStart, "label_sort", "id"]
        }
    }

    /// - Parameter sign: In front of each column. `+` keeps SQLite from reading the rows in this order.
    package func order(by columns: [String], sign: String = "") -> SQLText {
        let direction = isDescendingInTable ? " DESC" : ""
        return SQLText(raw: "ORDER BY " + columns.map { sign + $0 + direction }.joined(separator: ", "))
    }

    /// Compares in the direction of reading.
    package func comparison(inclusive: Bool) -> String {
        (isDescendingInTable ? "<" : ">") + (inclusive ? "=" : "")
    }

    /// Whether a row is beyond `place` in the direction of reading.
    package func isBeyond(_ place: SessionPosition, inclusive: Bool) -> SQLText {
        isAt(comparison(inclusive: inclusive), place)
    }

    /// Whether a row compares so with `place`.
    package func isAt(_ comparison: String, _ place: SessionPosition) -> SQLText {
        let value: SQLText =
            switch place.value {
            case .expiry(let expiry): "\(expiry.milliseconds)"
            case .time(let date): "\(date.map(Milliseconds.nearest) ?? Milliseconds.lowest)"
            case .text(let text): dialect == .sqlite ? "\(text)" : "left(\(text), 200), \(text)"
            }
        return "(\(raw: columns.joined(separator: ", "))) \(raw: comparison) (\(value), \(place.id))"
    }

    /// Where the page begins.
    package var start: (place: SessionPosition, inclusive: Bool)? {
        switch query.start {
        case .first, .last: nil
        case .after(let place), .before(let place): (place, false)
        case .from(let place): (place, true)
        }
    }

    // MARK: Filter

    /// What the filter keeps, whatever the state.
    package var kept: [SQLText] {
        let filter = query.filter
        var conditions: [SQLText] = []
        if !filter.roles.isEmpty { conditions.append("role IN \(filter.roles.map(\.rawValue).sorted())") }
        if !filter.clientIDs.isEmpty { conditions.append("client_id IN \(filter.clientIDs.sorted())") }
        if let autoRenew = filter.autoRenew {
            // The sign keeps SQLite from an index that has another order.
            let condition: SQLText = dialect == .sqlite ? "+auto_renew = 1" : "auto_renew"
            conditions.append(autoRenew ? condition : "NOT (\(condition))")
        }
        if let issuer = filter.issuer { conditions.append("(issuer IS NULL OR issuer = \(issuer))") }
        return conditions + filter.words.map(contains)
    }

    private func contains(_ word: String) -> SQLText {
        let word = VisitorSession.searchText(word)
        guard dialect == .postgres else { return "instr(search_text, \(word)) > 0" }
        let pattern = word.replacing(/[\\%_]/.matchingSemantics(.unicodeScalar)) { "\\\($0.output)" }
        return "search_text LIKE \("%\(pattern)%")"
    }
}
