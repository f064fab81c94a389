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
}
