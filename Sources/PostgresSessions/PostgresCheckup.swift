public import Foundation
import SessionSQL
public import VisitorSessions

/// Facts about a PostgreSQL store for `doctor`.
public struct PostgresCheckup: Sendable {
    public var schemaVersion: Int
    public var serverVersion: String

    /// Whether the connection (with a pooler, the connection to it) is encrypted or a local socket.
    public var isEncrypted: Bool

    /// Whether other hosts' changes arrive as notifications, which poolers don't forward.
    public var receivesNotifications: Bool

    /// Whether filtering by words uses an index.
    public var hasWordIndex: Bool

    /// How many seconds the server's clock is ahead of this machine's.
    public var clockOffset: TimeInterval
}

extension PostgresSessionStore {
    public func findings() async throws(StoreError) -> [StoreFinding] {
        let facts = try await checkup()
        // The connection beyond a pooler can't be inspected.
        let place = facts.receivesNotifications ? "" : " as far as the pooler"
        let server = "PostgreSQL \(facts.serverVersion), \(facts.isEncrypted ? "encrypted\(place)" : "not encrypted")"
        var found = [StoreFinding(.good, "store", "\(name), version \(facts.schemaVersion), \(server)")]
        if !facts.receivesNotifications {
            found.append(
                StoreFinding(
                    .note, "changes", "Connected through a pooler",
                    remedy: "The store is polled twice a second for other hosts' changes."))
        }
        if !facts.hasWordIndex {
            found.append(
                StoreFinding(
                    .note, "words", "Filtering by words reads the whole table: pg_trgm is not installed",
                    remedy:
                        "CREATE EXTENSION pg_trgm; CREATE INDEX CONCURRENTLY session_by_words ON session_inspector.session USING gin (search_text gin_trgm_ops);"
                ))
        }
        if abs(facts.clockOffset) > 5 {
            found.append(
                StoreFinding(
                    .note, "server clock",
                    "Differs from this machine's by \(Int(facts.clockOffset.rounded())) seconds",
                    remedy: "Leases and budgets use the server's clock. Correct the wrong one."))
        }
        return found
    }

    public func checkup() async throws(StoreError) -> PostgresCheckup {
        try await database.read { db in
            let row = try db.execute(
                """
                SELECT (SELECT number FROM session_inspector.version), current_setting('server_version'),
                    pg_backend_pid()::bigint,
                    to_regclass('session_inspector.session_by_words') IS NOT NULL,
                    \(StoreClock(given: nil).sql)
                """
            ).first
            return PostgresCheckup(
                schemaVersion: row?.number(0).map(Int.init) ?? 0, serverVersion: row?.text(1) ?? "",
                isEncrypted: db.isEncrypted, receivesNotifications: row?.number(2) == Int64(db.backendID),
                hasWordIndex: row?.truth(3) ?? false, clockOffset: row?.date(4)?.timeIntervalSinceNow ?? 0)
        }
    }
}
