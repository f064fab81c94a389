public import Foundation
public import VisitorSessions

/// What a check-up of a store in PostgreSQL looks at.
public struct PostgresCheckup: Sendable {
    /// The version of the tables.
    public var schemaVersion: Int
    public var serverVersion: String

    /// Whether what goes over the wire can be read by nobody else. A socket on this machine has no wire. Of a pooler: the
    /// wire to it.
    public var isEncrypted: Bool

    /// Whether the server can tell of other hosts' changes, which no pooler lets through.
    public var isToldOfChanges: Bool

    /// Whether filtering by words has an index.
    public var hasWordIndex: Bool

    /// By how many seconds the server's clock is ahead of this machine's.
    public var clockOffset: TimeInterval
}

extension PostgresSessionStore {
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
