import Foundation
import VisitorSessions

/// The sessions that hold a token, and those that held it, by fingerprints alone.
struct HoldingQuery {
    /// One for each key of the store.
    let fingerprints: [TokenFingerprint]
    let since: Date
    let limit: Int

    /// A session held a token at least until the next entry of the journal that shows another.
    var sql: SQL {
        let since = Milliseconds.nearest(since)
        let bytes = fingerprints.map(\.bytes)
        return """
            WITH present AS (
                SELECT session FROM session_inspector.tokens WHERE access_fingerprint IN \(bytes)
                UNION SELECT session FROM session_inspector.tokens WHERE refresh_fingerprint IN \(bytes)
            ), past AS (
                SELECT session, max(position) AS last FROM session_inspector.journal
                WHERE fingerprint IN \(bytes) GROUP BY session
            ), found AS (
                SELECT session, 0 AS rank FROM present
                UNION ALL
                SELECT session, 1 FROM past
                WHERE session NOT IN (SELECT session FROM present) AND (
                    (SELECT at FROM session_inspector.journal WHERE position = last) >= \(since)
                    OR (SELECT at FROM session_inspector.journal AS next
                        WHERE next.session = past.session AND position > last ORDER BY position LIMIT 1) > \(since))
            )
            SELECT \(SessionRow.columns) FROM found JOIN session_inspector.session ON session.id = found.session
            ORDER BY rank, session.id LIMIT \(max(limit, 0))
            """
    }
}
