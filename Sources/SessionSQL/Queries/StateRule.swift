package import Foundation
package import VisitorSessions

/// ``SessionState/rules`` in SQL: the first condition that holds decides.
package struct StateRule: Sendable {
    private let dialect: Dialect
    private let instant: Int64
    private let warning: Int64
    private let keyIDs: [Data]

    package init(_ dialect: Dialect, at now: Date, policy: SessionPolicy, keyIDs: [Data]) {
        self.dialect = dialect
        self.keyIDs = keyIDs
        instant = Milliseconds.floor(now)
        warning = Milliseconds.floor(now + policy.expiryWarning)
    }

    /// An expression for the name of a row's state.
    package var sql: SQLText {
        let cases = SessionState.rules.compactMap { rule -> SQLText? in
            guard rule.condition != .otherwise else { return "ELSE '\(raw: rule.state.rawValue)'" }
            return condition(rule.condition).map { "WHEN \($0.holds) THEN '\(raw: rule.state.rawValue)'" }
        }
        return "CASE \(cases.joined(" ")) END"
    }

    /// Conditions for rows in one of `states`, in a form that PostgreSQL can estimate and look up in its indexes.
    package func conditions(_ states: Set<SessionState>) -> [SQLText] {
        // `nil`: none of `states` is decided by the rules that follow.
        var conditions: [SQLText]?
        for (state, condition) in SessionState.rules.reversed() {
            guard condition != .otherwise else {
                conditions = states.contains(state) ? [] : nil
                continue
            }
            guard let (holds, fails) = self.condition(condition) else { continue }
            if !states.contains(state) {
                conditions = conditions.map { [fails] + $0 }
            } else if let others = conditions {
                conditions = others.isEmpty ? [] : ["(\(holds) OR (\(others.joined(" AND "))))"]
            } else {
                conditions = [holds]
            }
        }
        return conditions ?? ["FALSE"]
    }

    /// A condition and its negation, which is never `NULL` for an undamaged row. `nil`: no row matches.
    private func condition(_ condition: SessionState.Condition) -> (holds: SQLText, fails: SQLText)? {
        switch condition {
        case .isUnreadable: dialect == .sqlite ? ("damage IS NOT NULL", "damage IS NULL") : nil
        case .isDiscarded: ("discarded_at IS NOT NULL", "discarded_at IS NULL")
        case .hasUnknownKey: (hasUnknownKey, "key_id IN \(keyIDs)")
        case .isLeased:
            ("lease_deadline > \(instant)", "(lease_deadline IS NULL OR lease_deadline <= \(instant))")
        case .isSent: ("sent_at IS NOT NULL", "sent_at IS NULL")
        case .isRefused: ("refused_at IS NOT NULL", "refused_at IS NULL")
        case .cannotBeRenewed: (cannotBeRenewed, "NOT \(cannotBeRenewed)")
        case .accessHasExpired: ("access_expires_at <= \(instant)", "access_expires_at > \(instant)")
        case .accessExpiresSoon: ("access_expires_at <= \(warning)", "access_expires_at > \(warning)")
        case .otherwise: nil
        }
    }

    /// The refresh token has expired. Without a refresh token, the access token decides.
    private var cannotBeRenewed: SQLText {
        """
        (refresh_expires_at <= \(instant)
            AND (refresh_expires_at <> \(Milliseconds.lowest) OR access_expires_at <= \(instant)))
        """
    }

    /// PostgreSQL: ranges between this store's keys, so that an index finds the few rows sealed with other keys.
    private var hasUnknownKey: SQLText {
        guard dialect == .postgres else { return "key_id NOT IN \(keyIDs)" }
        let known = keyIDs.sorted { $0.lexicographicallyPrecedes($1) }
        guard let first = known.first, let last = known.last else { return "TRUE" }
        let between = zip(known, known.dropFirst()).map { "(key_id > \($0) AND key_id < \($1))" as SQLText }
        return "(\((["key_id < \(first)"] + between + ["key_id > \(last)"]).joined(" OR ")))"
    }
}

/// State changes caused by the passage of time: the next instants, and the sessions that reach one soon.
package struct UpcomingChanges: Sendable {
    private let dialect: Dialect
    private let now: Date
    private let policy: SessionPolicy

    package init(_ dialect: Dialect, after now: Date, policy: SessionPolicy) {
        self.dialect = dialect
        self.now = now
        self.policy = policy
    }

    // MARK: Instants

    /// Four columns: the next instants among sessions that aren't discarded, each one index lookup.
    package var instants: SQLText {
        func first(_ column: SQLText, after instant: Date) -> SQLText {
            """
            (SELECT min(\(column)) FROM \(dialect.session) WHERE \(dialect.isListed) AND discarded_at IS NULL
                AND \(column) > \(Milliseconds.floor(instant)) AND \(column) < \(Milliseconds.highest))
            """
        }
        return """
            \(first(dialect.accessExpiry, after: now)), \(first(dialect.accessExpiry, after: now + policy.expiryWarning)),
            \(first(dialect.refreshExpiry, after: now)), \(first("lease_deadline", after: now))
            """
    }

    /// Reads ``instants``, starting at column `first`.
    package func read(_ row: any SQLRow, from first: Int, into counts: inout SessionCounts) {
        counts.nextExpiry = row.date(first)
        let changes = [
            row.date(first + 1).map { $0 - policy.expiryWarning }, row.date(first), row.date(first + 2),
            row.date(first + 3),
        ]
        counts.nextChange = changes.compactMap(\.self).filter { $0 > now }.min()
    }

    // MARK: Sessions

    /// Up to ``SessionCounts/predictionLimit`` + 1 sessions that reach an instant by `horizon`, and the current key's
    /// ID. In SQLite without those of the class `timed` whose access token alone does: the index tells about them.
    ///
    /// SQLite finds their row IDs in the indexes alone; PostgreSQL's planner would read the table for that.
    package func sessions(until horizon: Date) -> SQLText {
        let columns: SQLText = "\(dialect.sessionColumns), \(dialect.keyID)"
        func isWithin(_ column: SQLText, _ ahead: Duration = .zero, _ condition: SQLText = "") -> SQLText {
            """
            SELECT \(dialect == .sqlite ? "rowid" : columns) FROM \(dialect.session) WHERE \(dialect.isListed)
                AND \(column) > \(Milliseconds.floor(now + ahead))
                AND \(column) <= \(Milliseconds.floor(horizon + ahead)) \(condition)
            """
        }
        // The second condition lets SQLite use the index of these classes.
        let isOther: SQLText =
            dialect == .sqlite
            ? "AND class IN ('access_only', 'leased', 'refresh_first', 'refused', 'unresolved') AND class <> 'timed'"
            : ""
        let reached = [
            isWithin(dialect.accessExpiry, .zero, isOther),
            isWithin(dialect.accessExpiry, policy.expiryWarning, isOther),
            isWithin(dialect.refreshExpiry), isWithin("lease_deadline"),
        ].joined(" UNION ")
        let limit: SQLText = "LIMIT \(SessionCounts.predictionLimit + 1)"
        return dialect == .sqlite
            ? "SELECT \(columns) FROM session WHERE rowid IN (\(reached)) \(limit)" : "\(reached) \(limit)"
    }
}
