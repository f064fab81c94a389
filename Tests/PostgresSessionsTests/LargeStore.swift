import Foundation
import SessionSQL
import VisitorSessions

@testable import PostgresSessions

/// A store large enough for the server's choice of plans to matter, with known content.
///
/// Most sessions are unlabeled and valid; every other state occurs.
struct LargeStore {
    /// The maximum number of sorted rows.
    static let few = count / 20
    private static let count = 20_000

    /// A session in the middle of each order.
    let middle: VisitorSession
    private let database: TestDatabase
    private let store: PostgresSessionStore

    init() throws {
        database = try TestDatabase()
        store = try database.open()
        try database.execute(Self.fill)
        // It can't run inside a transaction.
        try database.execute("VACUUM ANALYZE")
        let connection = try PostgresConnection(database.address(), timeouts: PostgresTimeouts())
        let row = try connection.execute(
            """
            SELECT \(Dialect.postgres.sessionColumns) FROM session_inspector.session
            WHERE discarded_at IS NULL ORDER BY access_expires_at OFFSET 9000 LIMIT 1
            """
        ).first
        guard let row, let middle = store.keys.seal.rows(.postgres).session(row) else {
            throw CocoaError(.fileReadUnknown)
        }
        self.middle = middle
    }

    var keyIDs: [Data] { store.keys.seal.keyIDs }

    var clock: StoreClock { store.sql.clock }

    func fingerprints(of token: Secret) -> [TokenFingerprint] { store.keys.seal.fingerprints(token) }

    /// The server's plan for a statement.
    func plan(_ sql: SQLText) async throws -> [String] {
        try await store.database.read { db in try db.execute("EXPLAIN \(sql)").rows.compactMap { $0.text(0) } }
    }

    private static let fill = """
        INSERT INTO session_inspector.session (
            id, label, client_id, visitor_id, role, access_expires_at, refresh_expires_at, created_at, tokens_at, renewed_at,
            renewal_count, auto_renew, lease_holder, lease_deadline, sent_at, refused_at, failures, discarded_at, version,
            key_id, label_sort, search_text)
        SELECT md5(n::text)::uuid, label, 'client', 'visitor-' || n, 'visitor', now + (n * 7919 % 14400) * 1000 - 720000,
            now + 86400000, now - n * 1000 % 9000000, now - n * 1000 % 9000000, now - n * 77 % 9000000, 0, n % 2 = 0,
            CASE WHEN n % 400 = 1 THEN 'holder' END, CASE WHEN n % 400 = 1 THEN now + 60000 END,
            CASE WHEN n % 400 < 3 THEN now END, CASE WHEN n % 400 = 3 THEN now END, 0,
            CASE WHEN n % 50 = 4 THEN now END, 1,
            CASE WHEN n % 400 = 5 THEN decode('0011223344556677', 'hex') ELSE key END,
            label, label || ' visitor-' || n || ' client'
        FROM (
            SELECT n, (extract(epoch FROM now()) * 1000)::bigint AS now,
                CASE WHEN n % 4 = 3 THEN 'cart ' || n ELSE '' END AS label,
                (SELECT value FROM session_inspector.metadata WHERE name = 'key_id') AS key
            FROM generate_series(1, \(count)) AS n) AS numbered;
        INSERT INTO session_inspector.tokens (session, in_use, access_fingerprint, refresh_fingerprint)
        SELECT id, discarded_at IS NULL, decode(md5('a' || id), 'hex'), decode(md5('r' || id), 'hex')
        FROM session_inspector.session;
        INSERT INTO session_inspector.journal (position, at, session, event, actor, fingerprint)
        SELECT row_number() OVER (), created_at, id, 'set', 'test', decode(md5('r' || id), 'hex')
        FROM session_inspector.session;
        UPDATE session_inspector.journal_head SET position = \(count);
        """
}
