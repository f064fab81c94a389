package import Foundation
package import VisitorSessions

/// A page of a list, read by keyset (sorted value and ID), never by offset. The adapters choose how to split it and
/// which indexes to use.
package struct ListQuery: Sendable {
    package let dialect: Dialect
    package let query: SessionQuery
    package let keyIDs: [Data]

    /// Decides which sessions are live.
    package let clock: StoreClock

    package init(_ dialect: Dialect, _ query: SessionQuery, keyIDs: [Data], clock: StoreClock) {
        self.dialect = dialect
        self.query = query
        self.keyIDs = keyIDs
        self.clock = clock
    }

    package var limit: Int { max(query.limit, 0) }

    package var states: StateRule { StateRule(dialect, at: query.now, policy: query.policy, keyIDs: keyIDs) }

    // MARK: Order

    /// Whether rows are read in the opposite of the list's order, because the page is read from its end.
    package static func isReversed(_ query: SessionQuery) -> Bool {
        switch query.start {
        case .first, .after, .from: false
        case .last, .before: true
        }
    }

    package var isReversed: Bool { Self.isReversed(query) }

    package var isDescendingInTable: Bool { query.sort.descending != isReversed }

    /// The indexed prefix of a label in PostgreSQL.
    package static let labelPrefix = "left(label_sort, 200)"

    package var columns: [String] {
        switch (query.sort.key, dialect) {
        case (.accessExpiry, _): [dialect.accessExpiry.text, "id"]
        case (.refreshExpiry, _): [dialect.refreshExpiry.text, "id"]
        case (.created, .sqlite): ["created_order", "id"]
        case (.created, .postgres): ["created_at", "id"]
        case (.renewed, .sqlite): ["renewed_order", "id"]
        case (.renewed, .postgres): ["renewed_at", "id"]
        case (.label, .sqlite): ["label_order", "id"]
        case (.label, .postgres): [Self.labelPrefix, "label_sort", "id"]
        }
    }

    /// - Parameter sign: A prefix for each column. `+` keeps SQLite from scanning an index in this order.
    package func order(by columns: [String], sign: String = "") -> SQLText {
        let direction = isDescendingInTable ? " DESC" : ""
        return SQLText(raw: "ORDER BY " + columns.map { sign + $0 + direction }.joined(separator: ", "))
    }

    /// The comparison operator in reading order.
    package func comparison(inclusive: Bool) -> String {
        (isDescendingInTable ? "<" : ">") + (inclusive ? "=" : "")
    }

    /// A condition: the row comes after `position` in reading order.
    package func isAfter(_ position: SessionPosition, inclusive: Bool) -> SQLText {
        compare(comparison(inclusive: inclusive), position)
    }

    package func compare(_ comparison: String, _ position: SessionPosition) -> SQLText {
        let value: SQLText =
            switch position.value {
            case .expiry(let expiry): "\(expiry.milliseconds)"
            case .time(let date): "\(date.map(Milliseconds.nearest) ?? Milliseconds.lowest)"
            case .text(let text): dialect == .sqlite ? "\(text)" : "left(\(text), 200), \(text)"
            }
        return "(\(raw: columns.joined(separator: ", "))) \(raw: comparison) (\(value), \(position.id))"
    }

    package var start: (position: SessionPosition, inclusive: Bool)? {
        switch query.start {
        case .first, .last: nil
        case .after(let position), .before(let position): (position, false)
        case .from(let position): (position, true)
        }
    }

    // MARK: Filter

    /// The filter's conditions, except for states.
    package var filterConditions: [SQLText] {
        let filter = query.filter
        var conditions: [SQLText] = []
        if !filter.roles.isEmpty { conditions.append("role IN \(filter.roles.map(\.rawValue).sorted())") }
        if !filter.clientIDs.isEmpty { conditions.append("client_id IN \(filter.clientIDs.sorted())") }
        if let autoRenew = filter.autoRenew {
            // `+` keeps SQLite from using an index that has another order.
            let condition: SQLText = dialect == .sqlite ? "+auto_renew = 1" : "auto_renew"
            conditions.append(autoRenew ? condition : "NOT (\(condition))")
        }
        if let issuer = filter.issuer { conditions.append("(issuer IS NULL OR issuer = \(issuer))") }
        return conditions + use + filter.words.map { contains($0) } + filter.texts.map(condition)
    }

    /// Conditions on how applications use the session.
    private var use: [SQLText] {
        let filter = query.filter
        guard filter.isLive != false else {
            let isUsed: SQLText = "session.id NOT IN (\(dialect.usedSessions(isLive: true, clock)))"
            guard !filter.sources.isEmpty else { return [isUsed] }
            return [isUsed, isAmong(dialect.usedSessions(isLive: nil, sources: filter.sources, clock))]
        }
        guard filter.dependsOnUse else { return [] }
        return [isAmong(dialect.usedSessions(isLive: filter.isLive, sources: filter.sources, clock))]
    }

    /// Given an array, PostgreSQL's planner expects few elements, and looks them up.
    private func isAmong(_ sessions: SQLText) -> SQLText {
        dialect == .sqlite ? "session.id IN (\(sessions))" : "session.id = ANY (ARRAY(\(sessions)))"
    }

    private func contains(_ word: String, in column: SQLText = "search_text") -> SQLText {
        let word = VisitorSession.searchText(word)
        guard dialect == .postgres else { return "instr(\(column), \(word)) > 0" }
        let pattern = word.replacing(/[\\%_]/.matchingSemantics(.unicodeScalar)) { "\\\($0.output)" }
        return "\(column) LIKE \("%\(pattern)%")"
    }

    private func condition(_ condition: SessionFilter.TextCondition) -> SQLText {
        let alternatives = condition.alternatives.map { text -> SQLText in
            switch condition.field {
            case .any: contains(text)
            case .label: contains(text, in: line(1))
            case .visitor: contains(text, in: line(2))
            case .issuer:
                dialect == .sqlite
                    ? "instr(coalesce(issuer, ''), \(text)) > 0" : "position(\(text) IN coalesce(issuer, '')) > 0"
            }
        }
        return "\(raw: condition.isNegated ? "NOT " : "")(\(alternatives.joined(" OR ")))"
    }

    /// The first or second line of the searched text.
    private func line(_ number: Int) -> SQLText {
        guard dialect == .sqlite else { return "split_part(search_text, chr(10), \(raw: "\(number)"))" }
        let end: SQLText = "instr(search_text, char(10))"
        if number == 1 { return "substr(search_text, 1, \(end) - 1)" }
        let rest: SQLText = "substr(search_text, \(end) + 1)"
        return "substr(\(rest), 1, instr(\(rest), char(10)) - 1)"
    }
}
