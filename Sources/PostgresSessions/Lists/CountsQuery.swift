import Foundation
import SessionSQL
import VisitorSessions

/// The counts by state, and the next instants at which they change, in one statement and snapshot.
struct CountsQuery {
    let now: Date

    /// The store's clock, for budgets.
    let clock: StoreClock
    let policy: SessionPolicy

    private func upcoming(_ keyIDs: [Data]) -> UpcomingChanges {
        UpcomingChanges(.postgres, after: now, policy: policy, keyIDs: keyIDs)
    }

    func sql(keyIDs: [Data]) -> SQLText {
        let rule = StateRule(.postgres, at: now, policy: policy, keyIDs: keyIDs)
        let counts = SessionState.allCases.map { "count(*) FILTER (WHERE state = '\($0.rawValue)')" }
        return """
            SELECT \(raw: counts.joined(separator: ", ")), \(upcoming(keyIDs).instants),
                (\(BudgetRows.usedUntil(clock, .postgres))), \(expiries(keyIDs)), \(Dialect.postgres.keyID)
            FROM (SELECT \(rule.sql) AS state FROM \(Dialect.postgres.session)) AS states
            """
    }

    func counts(_ row: any SQLRow) -> SessionCounts {
        var counts = SessionCounts()
        for (index, state) in SessionState.allCases.enumerated() {
            if let count = row.number(index), count > 0 { counts.states[state] = Int(count) }
        }
        let next = SessionState.allCases.count
        UpcomingChanges.read(row, at: now, policy, from: next, into: &counts)
        let rest = next + UpcomingChanges.instantsCount
        counts.budgetUsedUntil = row.date(rest)
        for step in (row.text(rest + 1) ?? "").split(separator: " ") {
            let numbers = step.split(separator: ":").compactMap { Int($0) }
            if numbers.count == 2 { counts.expiries.counts[numbers[0]] = numbers[1] }
        }
        return counts
    }

    func sql(until horizon: Date) -> SQLText { upcoming([]).sessions(until: horizon) }

    /// The histogram's steps and counts as one text.
    private func expiries(_ keyIDs: [Data]) -> SQLText {
        let steps = ExpiryHistogram.range(at: now)
        return """
            (SELECT string_agg(step || ':' || number, ' ') FROM (
                SELECT access_expires_at >> \(raw: "\(ExpiryHistogram.stepBits)") AS step, count(*) AS number
                FROM \(Dialect.postgres.session)
                WHERE discarded_at IS NULL AND key_id IN \(keyIDs)
                    AND access_expires_at > \(Milliseconds.floor(now))
                    AND access_expires_at < \(steps.upperBound << ExpiryHistogram.stepBits)
                GROUP BY step) AS counted)
            """
    }
}
