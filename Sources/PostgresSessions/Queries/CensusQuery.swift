import Foundation
import VisitorSessions

/// The counts by state, and the next instants at which they change: one statement, and so one snapshot.
struct CensusQuery {
    let now: Date

    /// The store's clock, by which budgets go.
    let clock: StoreClock
    let policy: SessionPolicy
    let keyIDs: [Data]

    var sql: SQL {
        let state = StateExpression(now: now, policy: policy, keyIDs: keyIDs)
        let sums = SessionState.allCases.map { "count(*) FILTER (WHERE state = '\($0.rawValue)')" }
        let instant = Milliseconds.reached(at: now)
        let warning = Milliseconds.reached(at: now + policy.expiryWarning)
        return """
            SELECT \(StoreMetadata.keyID), \(Self.first("access_expires_at", after: instant)),
                \(Self.first("access_expires_at", after: warning)), \(Self.first("refresh_expires_at", after: instant)),
                \(Self.first("lease_deadline", after: instant)),
                (SELECT max(arrival) FROM session_inspector.budget WHERE arrival > \(clock.sql)),
                \(expiries), \(raw: sums.joined(separator: ", "))
            FROM (SELECT \(state.sql) AS state FROM session_inspector.session) AS judged
            """
    }

    func census(_ row: PostgresRow) -> SessionCensus {
        var census = SessionCensus()
        for (index, state) in SessionState.allCases.enumerated() {
            if let count = row.number(7 + index), count > 0 { census.counts[state] = Int(count) }
        }
        census.nextExpiry = row.date(1)
        census.nextChange = [
            row.date(2).map { $0 - policy.expiryWarning }, row.date(1), row.date(3), row.date(4),
        ]
        .compactMap(\.self).filter { $0 > now }.min()
        census.budgetUsedUntil = row.date(5)
        for step in (row.text(6) ?? "").split(separator: " ") {
            let numbers = step.split(separator: ":").compactMap { Int($0) }
            if numbers.count == 2 { census.expiries.counts[numbers[0]] = numbers[1] }
        }
        return census
    }

    /// The sessions that have an end until `horizon`, as far as they are to be looked at.
    func sql(endingUntil horizon: Date) -> SQL {
        func isWithin(_ column: String, _ start: Date, _ end: Date) -> SQL {
            """
            SELECT \(SessionRow.columns) FROM session_inspector.session WHERE discarded_at IS NULL
                AND \(raw: column) > \(Milliseconds.reached(at: start))
                AND \(raw: column) <= \(Milliseconds.reached(at: end))
            """
        }
        let ends = [
            isWithin("access_expires_at", now, horizon),
            isWithin("access_expires_at", now + policy.expiryWarning, horizon + policy.expiryWarning),
            isWithin("refresh_expires_at", now, horizon), isWithin("lease_deadline", now, horizon),
        ]
        return """
            \(ends[0]) UNION \(ends[1]) UNION \(ends[2]) UNION \(ends[3])
            LIMIT \(SessionCensus.foreseenLimit + 1)
            """
    }

    /// The steps of the histogram and their numbers, in one text.
    private var expiries: SQL {
        let steps = ExpiryHistogram.range(at: now)
        return """
            (SELECT string_agg(step || ':' || number, ' ') FROM (
                SELECT access_expires_at >> \(raw: "\(ExpiryHistogram.stepBits)") AS step, count(*) AS number
                FROM session_inspector.session
                WHERE discarded_at IS NULL AND key_id IN \(keyIDs)
                    AND access_expires_at >= \(steps.lowerBound << ExpiryHistogram.stepBits)
                    AND access_expires_at < \(steps.upperBound << ExpiryHistogram.stepBits)
                GROUP BY step) AS counted)
            """
    }

    /// The first time after `instant` among the sessions that are not put away, found at one place of an index.
    private static func first(_ column: String, after instant: Int64) -> SQL {
        """
        (SELECT min(\(raw: column)) FROM session_inspector.session
            WHERE discarded_at IS NULL AND \(raw: column) > \(instant) AND \(raw: column) < \(Milliseconds.highest))
        """
    }
}
