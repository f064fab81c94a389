import Foundation
import GRDB
import VisitorSessions

/// The counts by state, and the next instants at which they change.
struct CensusQuery {
    let now: Date

    /// The store's clock, by which budgets go.
    let storeNow: Date
    let policy: SessionPolicy
    let keyIDs: [Data]

    func census(_ db: Database) throws -> SessionCensus {
        var census = SessionCensus(counts: try counts(db))
        let instants = try instants(db)
        census.nextExpiry = instants.access
        census.nextChange = [
            instants.warning.map { $0 - policy.expiryWarning }, instants.access, instants.refresh, instants.lease,
        ]
        .compactMap(\.self).filter { $0 > now }.min()
        census.expiries = try expiries(db)
        census.budgetUsedUntil = try BudgetRows.usedUntil(at: storeNow, db)
        return census
    }

    /// One pass over the table. The limit keeps SQLite from working out the state once for each sum.
    private func counts(_ db: Database) throws -> [SessionState: Int] {
        let state = StateExpression(now: now, policy: policy, keyIDs: keyIDs)
        let sums = SessionState.allCases.map { "total(state = '\($0.rawValue)')" }.joined(separator: ", ")
        let query: SQL = "SELECT \(sql: sums) FROM (SELECT \(state.sql) AS state FROM session LIMIT -1)"
        let (sql, arguments) = try query.build(db)
        guard let row = try Row.fetchOne(db.cachedStatement(sql: sql), arguments: arguments) else { return [:] }
        var counts: [SessionState: Int] = [:]
        for (index, state) in SessionState.allCases.enumerated() {
            let count: Double = row[index]
            if count > 0 { counts[state] = Int(count) }
        }
        return counts
    }

    private func expiries(_ db: Database) throws -> ExpiryHistogram {
        let steps = ExpiryHistogram.range(at: now)
        let rows = try db.rows(
            """
            SELECT access_order >> \(ExpiryHistogram.stepBits) AS step, count(*) FROM session
            WHERE listed AND damage IS NULL AND key_id IN \(keyIDs)
                AND access_order >= \(steps.lowerBound << ExpiryHistogram.stepBits)
                AND access_order < \(steps.upperBound << ExpiryHistogram.stepBits)
            GROUP BY step
            """)
        var histogram = ExpiryHistogram()
        while let row = try rows.next() { histogram.counts[row[0]] = row[1] }
        return histogram
    }

    /// The first times after now among the sessions that are not put away, each found at one place of an index.
    private func instants(_ db: Database) throws -> (access: Date?, warning: Date?, refresh: Date?, lease: Date?) {
        let instant = Milliseconds.reached(at: now)
        let warning = Milliseconds.reached(at: now + policy.expiryWarning)
        func first(_ column: String, after instant: Int64) -> SQL {
            """
            (SELECT min(\(sql: column)) FROM session
                WHERE listed AND discarded_at IS NULL
                    AND \(sql: column) > \(instant) AND \(sql: column) < \(Milliseconds.highest))
            """
        }
        let query: SQL = """
            SELECT \(first("access_order", after: instant)), \(first("access_order", after: warning)),
                \(first("refresh_order", after: instant)), \(first("lease_deadline", after: instant))
            """
        let (sql, arguments) = try query.build(db)
        guard let row = try Row.fetchOne(db.cachedStatement(sql: sql), arguments: arguments) else {
            return (nil, nil, nil, nil)
        }
        func date(_ index: Int) -> Date? {
            guard case .int64(let number) = (row[index] as DatabaseValue).storage else { return nil }
            return Milliseconds.date(number)
        }
        return (date(0), date(1), date(2), date(3))
    }
}
