package import Foundation
package import VisitorSessions

/// ``SessionState/rules`` in SQL: the first condition that holds decides.
package struct StateRule: Sendable {
    private let dialect: Dialect
    private let instant: Int64
    private let warning: WarningWindow
    private let keyIDs: [Data]

    package init(_ dialect: Dialect, at now: Date, policy: SessionPolicy, keyIDs: [Data]) {
        self.dialect = dialect
        self.keyIDs = keyIDs
        instant = Milliseconds.floor(now)
        warning = WarningWindow(dialect, at: now, policy: policy)
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
        case .accessExpiresSoon: (warning.hasBegun, "NOT \(warning.hasBegun)")
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

/// ``SessionPolicy/warningStart(of:grantedAt:)`` in SQL: whether access tokens count as expiring at an instant.
package struct WarningWindow: Sendable {
    private let expiry: SQLText
    package let instant: Int64

    /// An access token that expires later than this isn't expiring yet, whatever its lifetime.
    package let latest: Int64

    package init(_ dialect: Dialect, at now: Date, policy: SessionPolicy) {
        expiry = dialect.accessExpiry
        instant = Milliseconds.floor(now)
        latest = instant + policy.warningMilliseconds
    }

    /// A condition: the window has begun. Never `NULL` for an undamaged row.
    ///
    /// Expiries beyond `latest` are compared first: they include the largest number, which can't be multiplied.
    package var hasBegun: SQLText {
        """
        (CASE WHEN \(expiry) > \(latest) THEN FALSE WHEN \(expiry) <= \(instant) THEN TRUE
            ELSE \(expiry) * 4 + tokens_at <= \(instant * 5) END)
        """
    }

    /// When the window begins, for a token that expires after `instant`, but not after ``latest``.
    package var start: SQLText { "\(expiry) - (\(expiry) - tokens_at) / 5" }

    /// A condition: the window hasn't begun, although the token expires by ``latest``.
    package var isShort: SQLText {
        "\(expiry) > \(instant) AND \(expiry) <= \(latest) AND NOT \(hasBegun)"
    }
}

/// State changes caused by the passage of time: when the next ones happen, and to which sessions.
package struct UpcomingChanges: Sendable {
    private let dialect: Dialect
    private let now: Date
    private let policy: SessionPolicy
    private let keyIDs: [Data]

    package init(_ dialect: Dialect, after now: Date, policy: SessionPolicy, keyIDs: [Data]) {
        self.dialect = dialect
        self.now = now
        self.policy = policy
        self.keyIDs = keyIDs
    }

    // MARK: Instants

    /// The number of columns of ``instants``.
    package static let instantsCount = 5

    /// The next instants among sessions that aren't discarded: four index lookups, and the start of the next short warning
    /// window.
    package var instants: SQLText {
        func first(_ column: SQLText, after instant: Date) -> SQLText {
            """
            (SELECT min(\(column)) FROM \(dialect.session) WHERE \(dialect.isListed) AND discarded_at IS NULL
                AND \(column) > \(Milliseconds.floor(instant)) AND \(column) < \(Milliseconds.highest)
                AND \(raw: dialect == .sqlite ? "+" : "")key_id IN \(keyIDs))
            """
        }
        let warning = WarningWindow(dialect, at: now, policy: policy)
        return """
            \(first(dialect.accessExpiry, after: now)), \(first(dialect.accessExpiry, after: now + policy.expiryWarning)),
            \(first(dialect.refreshExpiry, after: now)), \(first("lease_deadline", after: now)),
            (SELECT min(\(warning.start)) FROM \(dialect.session) WHERE \(dialect.isListed) AND discarded_at IS NULL
                AND tokens_at < \(dialect.accessExpiry) AND \(warning.isShort))
            """
    }

    /// Reads ``instants``, starting at column `first`.
    package static func read(
        _ row: any SQLRow, at now: Date, _ policy: SessionPolicy, from first: Int, into counts: inout SessionCounts
    ) {
        counts.nextExpiry = row.date(first)
        let changes = [
            row.date(first + 1).map { $0 - policy.expiryWarning }, row.date(first), row.date(first + 2),
            row.date(first + 3), row.date(first + 4),
        ]
        counts.nextChange = changes.compactMap(\.self).filter { $0 > now }.min()
    }

    // MARK: Sessions

    /// A condition: the access token's warning window begins after `now`, at `horizon` at the latest.
    package static func warningBegins(
        _ dialect: Dialect, after now: Date, until horizon: Date, _ policy: SessionPolicy
    ) -> SQLText {
        let (before, then) = (
            WarningWindow(dialect, at: now, policy: policy), WarningWindow(dialect, at: horizon, policy: policy)
        )
        return """
            \(dialect.accessExpiry) > \(before.instant) AND \(dialect.accessExpiry) <= \(then.latest)
                AND \(then.hasBegun) AND NOT \(before.hasBegun)
            """
    }

    /// Up to ``SessionCounts/predictionLimit`` + 1 sessions whose state may change by `horizon`, and the current key's
    /// ID. In SQLite, excludes `timed` sessions whose access token alone causes the change: an index covers them.
    ///
    /// SQLite finds their row IDs in the indexes alone; PostgreSQL's planner would read the table for that.
    package func sessions(until horizon: Date) -> SQLText {
        let columns: SQLText = "\(dialect.sessionColumns), \(dialect.keyID)"
        let selection: SQLText = """
            SELECT \(dialect == .sqlite ? "rowid" : columns) FROM \(dialect.session) WHERE \(dialect.isListed)
            """
        func isWithin(_ column: SQLText, _ condition: SQLText = "") -> SQLText {
            """
            \(selection) AND \(column) > \(Milliseconds.floor(now)) AND \(column) <= \(Milliseconds.floor(horizon))
                \(condition)
            """
        }
        // The second condition lets SQLite use the index of these classes.
        let isOther: SQLText =
            dialect == .sqlite
            ? "AND class IN ('access_only', 'leased', 'refresh_first', 'refused', 'unresolved') AND class <> 'timed'"
            : ""
        let reached = [
            isWithin(dialect.accessExpiry, isOther),
            "\(selection) AND \(Self.warningBegins(dialect, after: now, until: horizon, policy)) \(isOther)",
            isWithin(dialect.refreshExpiry), isWithin("lease_deadline"),
        ].joined(" UNION ")
        let limit: SQLText = "LIMIT \(SessionCounts.predictionLimit + 1)"
        return dialect == .sqlite
            ? "SELECT \(columns) FROM session WHERE rowid IN (\(reached)) \(limit)" : "\(reached) \(limit)"
    }
}
