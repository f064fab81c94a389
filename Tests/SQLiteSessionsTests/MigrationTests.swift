import Foundation
import GRDB
import SessionSQL
import Testing
import VisitorSessions

@testable import SQLiteSessions

/// Stores of older versions.
struct MigrationTests {
    private let place: TemporaryStore
    private let key: SealingKey
    private let ids = [SessionID(), SessionID()]

    init() throws {
        place = try TemporaryStore()
        key = try place.keyFile.readOrCreate().sealing
        try FileManager.default.createDirectory(
            at: place.url.deletingLastPathComponent(), withIntermediateDirectories: true)
        let database = try DatabaseQueue(path: place.url.path)
        try database.write { [key, ids] db in
            try db.execute(sql: Migrations.version1)
            try db.execute(sql: "PRAGMA application_id = \(Schema.applicationID); PRAGMA user_version = 1")
            try db.execute(sql: "INSERT INTO metadata VALUES ('key_id', ?)", arguments: [key.id])
            for (number, id) in ids.enumerated() {
                try Self.insert(id, label: "old \(number)", seal: TokenSeal(key), db)
            }
            try db.execute(sql: "UPDATE session SET role = 'queen' WHERE label = 'old 1'")
        }
        try database.close()
    }

    /// A session as version 1 wrote it; all share a refresh token, which that version allowed.
    private static func insert(_ id: SessionID, label: String, seal: TokenSeal, _ db: Database) throws {
        try db.execute(
            sql: """
                INSERT INTO session (
                    id, label, client_id, visitor_id, role, access_expires_at, refresh_expires_at, created_at,
                    tokens_at, renewed_at, renewal_count, auto_renew, version, key_id, label_sort, search_text
                ) VALUES (?, ?, 'client', 'visitor', 'visitor', 4000000000000, 9223372036854775807, 1000, 2000,
                    3000, 7, 1, 5, ?, ?, ?)
                """, arguments: [id.blob, label, seal.keyID, label, label])
        let access = Secret("access-\(label)")
        let refresh = Secret("refresh")
        try db.execute(
            sql: "INSERT INTO tokens VALUES (?, ?, ?, 4000000000000, NULL, ?, ?, NULL, 'visitor')",
            arguments: [
                id.blob, seal.seal(access, of: id, in: .access), seal.fingerprint(access).bytes,
                seal.seal(refresh, of: id, in: .refresh), seal.fingerprint(refresh).bytes,
            ])
        try db.execute(
            sql: "INSERT INTO journal (session, at, event, actor) VALUES (?, 1000, 'generated', 'old 1')",
            arguments: [id.blob])
    }

    @Test("A version 1 store opens with its sessions, tokens, journal and damaged rows")
    func keepsEverything() async throws {
        let store = try place.open()
        let opened = try #require(try await store.opened(ids[0]))
        #expect(opened.tokens.accessToken?.value == Secret("access-old 0"))
        #expect(opened.tokens.refreshToken?.value == Secret("refresh"))
        #expect(opened.session.label == "old 0")
        #expect(opened.session.renewalCount == 7)
        #expect(opened.session.version == 5)
        #expect(opened.session.issuer == nil)
        #expect(opened.session.failures == 0)
        #expect(opened.session.retryAt == nil)
        let history = try await store.history(of: ids[0], limit: 9)
        #expect(history.map(\.draft.event) == [.generated])
        #expect(history.map(\.fingerprint) == [nil])
        #expect(try await store.session(ids[1])?.damage == "its role is unknown")
        #expect(try await store.sessions(holding: Secret("access-old 0"), since: Date(), limit: 9) == [opened.session])
        #expect(try await store.clockReading(of: "issuer", bootID: "boot") == nil)
        let version = try await store.database.read { try Int32.fetchOne($0, sql: "PRAGMA user_version") }
        #expect(version == Schema.currentVersion)
        #expect(try await store.database.read { try String.fetchOne($0, sql: "PRAGMA integrity_check") } == "ok")
    }

    @Test("Version 1 sessions that share a refresh token can still be renewed")
    func duplicates() async throws {
        let database = try DatabaseQueue(path: place.url.path)
        try await database.write { try $0.execute(sql: "UPDATE session SET role = 'visitor'") }
        try database.close()
        let store = try place.open()
        for id in ids {
            var opened = try #require(try await store.opened(id))
            opened.tokens.accessToken = AccessToken(Secret("renewed \(id)"), expiresAt: nil)
            let entry = JournalEntry.Draft(.renewed, actor: "test")
            _ = try await store.update(opened.session, tokens: opened.tokens, entry: entry)
            #expect(try await store.opened(id)?.tokens == opened.tokens)
        }
    }

    @Test("Processes that open an old store concurrently migrate it once", .timeLimit(.minutes(1)))
    func concurrentMigrations() async throws {
        let place = place
        let ids = ids
        try await withThrowingTaskGroup(of: Void.self) { group in
            for _ in 0..<8 {
                group.addTask {
                    let store = try SQLiteSessionStore.open(at: place.url, key: place.key)
                    #expect(try await store.opened(ids[0]) != nil)
                }
            }
            try await group.waitForAll()
        }
    }

    @Test("Opening an old store read-only fails with a clear error and changes nothing")
    func readOnly() throws {
        let before = try Data(contentsOf: place.url)
        let error = #expect(throws: StoreError.self) { try place.open(readOnly: true) }
        #expect(error?.kind == .readOnly)
        #expect(error?.message.contains("older version") == true)
        #expect(try Data(contentsOf: place.url) == before)
    }

    // MARK: Files of earlier versions

    /// A copy of a version's file, and a store on it.
    private static func fixture(_ version: Int) throws -> (TemporaryStore, SQLiteSessionStore) {
        let place = try TemporaryStore()
        try FileManager.default.createDirectory(
            at: place.url.deletingLastPathComponent(), withIntermediateDirectories: true)
        let file = URL(filePath: #filePath).deletingLastPathComponent()
            .appending(path: "Fixtures/version\(version).sqlite")
        try FileManager.default.copyItem(at: file, to: place.url)
        let key = try #require(SealingKey(base64: Data(0..<32).base64EncodedString()))
        return (place, try SQLiteSessionStore.open(at: place.url, key: .key(key)))
    }

    @Test("Every earlier version's file opens with all its rows", arguments: [1, 2, 3, 4, 5, 6, 9, 12, 13])
    func earlierVersions(_ version: Int) async throws {
        let (place, store) = try Self.fixture(version)
        let now = Date(timeIntervalSince1970: 1_800_000_000)
        let policy = SessionPolicy()
        func found(_ words: String) async throws -> [String] {
            let query = SessionQuery(
                filter: SessionFilter(words), sort: SessionSort(.label), limit: 9, now: now, policy: policy)
            return try await store.page(query).map(\.label)
        }
        let added = version >= 5 ? ["made by five"] : []
        #expect(
            try await found("") == ["checkout bug", "Größe Ärger", "long over"] + added
                + ["refused one", "zero\u{FFFD}inside"])
        #expect(try await found("ECKOU") == ["checkout bug"])
        #expect(try await found("größe ärg") == ["Größe Ärger"])
        #expect(try await found("inside") == ["zero\u{FFFD}inside"])
        #expect(try await found("000000000005") == ["zero\u{FFFD}inside"])
        #expect(try await found("client-b") == ["zero\u{FFFD}inside"])
        #expect(try await found("state:discarded") == ["gone"])
        let counts = try await store.counts(at: now, policy: policy).states
        #expect(counts == [.valid: 2 + added.count, .discarded: 1, .refused: 1, .unresolved: 1, .expired: 1])
        for (number, label) in ["checkout bug", "Größe Ärger", "gone"].enumerated() {
            let session = try #require(try await store.sessions(named: label, limit: 1).first)
            #expect(
                try await store.opened(session.id)?.tokens.refreshToken?.value
                    == (number == 1 ? nil : Secret("refresh-\(number + 1)")), "\(label)")
            #expect(try await store.history(of: session.id, limit: 9).count == 1)
        }
        #expect(try await store.schemaVersion() == Schema.currentVersion)
        #expect(try await store.integrityCheck().isEmpty)
        withExtendedLifetime(place) {}
    }

    @Test("A label of an earlier version with U+0000 doesn't block its session", arguments: 1...6)
    func zeros(_ version: Int) async throws {
        let (place, store) = try Self.fixture(version)
        var session = try #require(try await store.sessions(named: "zero\u{FFFD}inside", limit: 1).first)
        // Paging continues after it.
        var query = SessionQuery(
            sort: SessionSort(.label, descending: true), start: .from(session.position(by: .label)), limit: 2,
            now: Date(), policy: SessionPolicy())
        #expect(try await store.page(query).map(\.label) == ["zero\u{FFFD}inside", "refused one"])
        query.start = .before(session.position(by: .label))
        #expect(try await store.page(query).isEmpty)
        session.autoRenew = true
        #expect(try await store.update(session, tokens: nil, entry: nil).autoRenew)
        withExtendedLifetime(place) {}
    }

    @Test("Every earlier file migrates to the tables of a new store", arguments: [1, 2, 3, 4, 5, 6, 9, 12, 13])
    func sameTables(_ version: Int) async throws {
        func tables(_ store: SQLiteSessionStore) async throws -> [String] {
            try await store.database.read { db in
                try db.rows("SELECT type || ' ' || name || ' ' || coalesce(sql, '') FROM sqlite_schema ORDER BY 1") {
                    // Versions indented it differently.
                    $0.text(0)?.filter { !$0.isWhitespace }
                }
            }
        }
        let (place, store) = try Self.fixture(version)
        let other = try TemporaryStore()
        let new = try await tables(try other.open()).filter { !$0.contains("--") }
        #expect(try await tables(store).filter { !$0.contains("--") } == new)
        withExtendedLifetime(place) {}
    }
}
