package import Foundation
package import VisitorSessions

/// What time alone will do to the states of sessions: the next instants, and the sessions that reach one soon.
package struct Upcoming: Sendable {
    private let dialect: Dialect
    private let now: Date
    private let policy: SessionPolicy

    package init(_ dialect: Dialect, after now: Date, policy: SessionPolicy) {
        self.dialect = dialect
        self.now = now
        self.policy = policy
    }

    // MARK: Instants

    /// Four columns: the first times after now among the sessions that aren't discarded, each found at one place of an
    /// index.
    package var instants: SQLText {
        func first(_ column: SQLText, after instant: Date) -> SQLText {
            """
            (SELECT min(\(column)) FROM \(dialect.session) WHERE \(dialect.isListed) AND discarded_at IS NULL
                AND \(column) > \(Milliseconds.reached(at: instant)) AND \(column) < \(Milliseconds.highest))
            """
        }
        return """
            \(first(dialect.accessExpiry, after: now)), \(first(dialect.accessExpiry, after: now + policy.expiryWarning)),
            \(first(dialect.refreshExpiry, after: now)), \(first("lease_deadline", after: now))
            """
    }

    /// Reads ``instants``, beginning at the column `first`.
    package func read(_ row: any SQLRow, from first: Int, into census: inout SessionCensus) {
        census.nextExpiry = row.date(first)
        let changes = [
            row.date(first + 1).map { $0 - policy.expiryWarning }, row.date(first), row.date(first + 2),
            row.date(first + 3),
        ]
        census.nextChange = changes.compactMap(\.self).filter { $0 > now }.min()
    }

    // MARK: Sessions

    /// The sessions that reach an instant until `horizon`, as far as they are looked at, and the ID of the key that seals.
    ///
    /// SQLite finds their row IDs in the indexes alone. PostgreSQL's planner would read the table for that.
    package func sessions(until horizon: Date) -> SQLText {
        let columns: SQLText = "\(dialect.sessionColumns), \(dialect.keyID)"
        func isWithin(_ column: SQLText, _ ahead: Duration = .zero) -> SQLText {
            """
            SELECT \(dialect == .sqlite ? "rowid" : columns) FROM \(dialect.session) WHERE \(dialect.isListed)
                AND \(column) > \(Milliseconds.reached(at: now + ahead))
                AND \(column) <= \(Milliseconds.reached(at: horizon + ahead))
            """
        }
        let reached = [
            isWithin(dialect.accessExpiry), isWithin(dialect.accessExpiry, policy.expiryWarning),
            isWithin(dialect.refreshExpiry), isWithin("lease_deadline"),
        ].joined(" UNION ")
        let limit: SQLText = "LIMIT \(SessionCensus.foreseenLimit + 1)"
        return dialect == .sqlite
            ? "SELECT \(columns) FROM session WHERE rowid IN (\(reached)) \(limit)" : "\(reached) \(limit)"
    }
}
