import Foundation
import VisitorSessions

/// `VisitorSession.state(at:policy:)` in SQL, word for word. The one place where the database judges states; the
/// conformance suite holds the two against each other.
struct StateExpression {
    let now: Date
    let policy: SessionPolicy
    let keyIDs: [Data]

    /// The name of a row's state.
    var sql: SQL {
        let instant = Milliseconds.reached(at: now)
        let warning = Milliseconds.reached(at: now + policy.expiryWarning)
        return """
            CASE
                WHEN discarded_at IS NOT NULL THEN 'discarded'
                WHEN key_id NOT IN \(keyIDs) THEN 'damaged'
                WHEN lease_deadline > \(instant) THEN 'renewing'
                WHEN sent_at IS NOT NULL THEN 'unresolved'
                WHEN refused_at IS NOT NULL THEN 'refused'
                WHEN refresh_expires_at <= \(instant)
                    AND (refresh_expires_at <> \(Milliseconds.lowest) OR access_expires_at <= \(instant)) THEN 'refused'
                WHEN access_expires_at <= \(instant) THEN 'expired'
                WHEN access_expires_at <= \(warning) THEN 'expiring'
                ELSE 'valid'
            END
            """
    }

    /// The same for a filter, so that the server can estimate how many rows it keeps, and ask its indexes: what all have to
    /// fulfil that are in one of `states`.
    func conditions(_ states: Set<SessionState>) -> [SQL] {
        let instant = Milliseconds.reached(at: now)
        let warning = Milliseconds.reached(at: now + policy.expiryWarning)
        let isOver: SQL = """
            (refresh_expires_at <= \(instant)
                AND (refresh_expires_at <> \(Milliseconds.lowest) OR access_expires_at <= \(instant)))
            """
        // The first that holds is the state.
        let order: [(state: SessionState, holds: SQL, holdsNot: [SQL])] = [
            (.discarded, "discarded_at IS NOT NULL", ["discarded_at IS NULL"]),
            (.damaged, isSealedElsewhere, ["key_id IN \(keyIDs)"]),
            (
                .renewing, "lease_deadline > \(instant)",
                ["(lease_deadline IS NULL OR lease_deadline <= \(instant))"]
            ),
            (.unresolved, "sent_at IS NOT NULL", ["sent_at IS NULL"]),
            (.refused, "(refused_at IS NOT NULL OR \(isOver))", ["refused_at IS NULL", "NOT \(isOver)"]),
            (.expired, "access_expires_at <= \(instant)", ["access_expires_at > \(instant)"]),
            (.expiring, "access_expires_at <= \(warning)", ["access_expires_at > \(warning)"]),
        ]
        // `nil`: none of the states that are left.
        var conditions: [SQL]? = states.contains(.valid) ? [] : nil
        for (state, holds, holdsNot) in order.reversed() {
            if !states.contains(state) {
                conditions = conditions.map { holdsNot + $0 }
            } else if let others = conditions {
                conditions = others.isEmpty ? [] : ["(\(holds) OR (\(others.joined(" AND "))))"]
            } else {
                conditions = [holds]
            }
        }
        return conditions ?? ["FALSE"]
    }

    /// Between the keys of this store, so that an index finds the few that have another one.
    private var isSealedElsewhere: SQL {
        let known = keyIDs.sorted { $0.lexicographicallyPrecedes($1) }
        guard let first = known.first, let last = known.last else { return "TRUE" }
        let between = zip(known, known.dropFirst()).map { "(key_id > \($0) AND key_id < \($1))" as SQL }
        return "(\((["key_id < \(first)"] + between + ["key_id > \(last)"]).joined(" OR ")))"
    }
}
