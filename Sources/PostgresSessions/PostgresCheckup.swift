public import Foundation
import SessionSQL
public import VisitorSessions

/// What a check-up of a store in PostgreSQL looks at.
public struct PostgresCheckup: Sendable {
    /// The version of the tables.
    public var schemaVersion: Int
    public var serverVersion: String

    /// Whether the connection can't be read by others: encrypted, or a socket on this machine. With a pooler: the
    /// connection to it.
    public var isEncrypted: Bool

    /// Whether the server can tell of other hosts' changes, which no pooler lets through.
    public var isToldOfChanges: Bool

    /// Whether filtering by words has an index.
    public var hasWordIndex: Bool

    /// By how many seconds the server's clock is ahead of this machine's.
    public var clockOffset: TimeInterval
}

extension PostgresSessionStore {
    public func findings() async throws(StoreError) -> [StoreFinding] {
        let facts = try await checkup()
        // What is beyond a pooler cannot be seen from here.
        let place = facts.isToldOfChanges ? "" : " as far as the pooler"
        let server = "PostgreSQL \(facts.serverVersion), \(facts.isEncrypted ? "encrypted\(place)" : "not encrypted")"
        var found = [StoreFinding(.good, "store", "\(name), version \(facts.schemaVersion), \(server)")]
        if !facts.isToldOfChanges {
            found.append(
                StoreFinding(
                    .note, "changes", "A pooler stands between",
                    remedy: "Other hosts' changes are looked for twice a second."))
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
                    "It is \(Int(facts.clockOffset.rounded())) seconds off this machine's",
                    remedy: "Leases and budgets go by the server's. Set the one that is wrong."))
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
                isEncrypted: db.isPrivate, isToldOfChanges: row?.number(2) == Int64(db.backendID),
                hasWordIndex: row?.truth(3) ?? false, clockOffset: row?.date(4)?.timeIntervalSinceNow ?? 0)
        }
    }
}
