import Foundation
import SessionSQL
import TestProcesses
import Testing
import VisitorSessions

@testable import PostgresSessions

@Suite(.enabled(if: PostgresCluster.isInstalled, PostgresCluster.missing), .timeLimit(.minutes(2)))
struct OpeningTests {
    @Test("Of many concurrent first openers, one creates the store and all open it")
    func concurrentFirstOpeners() async throws {
        let database = try TestDatabase()
        try await withThrowingTaskGroup { group in
            for number in 0..<8 {
                group.addTask { try await database.insert("\(number)", into: database.open()) }
            }
            try await group.waitForAll()
        }
        #expect(try await database.open().journalEnd() == 8)
    }

    @Test("A newer version's store is refused with a clear error and left unchanged")
    func newer() throws {
        let database = try TestDatabase()
        _ = try database.open()
        try database.execute("UPDATE session_inspector.version SET number = 99")
        let error = #expect(throws: StoreError.self) { try database.open() }
        #expect(error?.kind == .unusable && error?.message.contains("newer version") == true)
        #expect(try database.execute("SELECT number FROM session_inspector.version") == "99")
    }

    @Test(
        "Every earlier version's store is migrated with all its rows by the first writer",
        arguments: 1...4)
    func migrates(_ version: Int) async throws {
        let database = try TestDatabase()
        let file = URL(filePath: #filePath).deletingLastPathComponent()
            .appending(path: "Fixtures/version\(version).sql")
        try database.execute(String(contentsOf: file, encoding: .utf8))
        let key = SealingKeySource.key(try #require(SealingKey(base64: Data(0..<32).base64EncodedString())))
        let error = #expect(throws: StoreError.self) {
            try PostgresSessionStore.open(at: database.address(), key: key, readOnly: true)
        }
        #expect(error?.message.contains("older version") == true)
        let store = try PostgresSessionStore.open(at: database.address(), key: key)
        var query = SessionQuery(sort: SessionSort(.label), limit: 9, now: Date(), policy: SessionPolicy())
        let listed = try await store.page(query)
        #expect(listed.map(\.label) == ["number 1", "zero\u{FFFD}inside\u{1}"])
        #expect(listed.map(\.clientID) == ["client-a", "c\u{FFFD}d"])
        query.filter = SessionFilter("state:discarded")
        let discarded = try await store.page(query)
        #expect(discarded.map(\.label) == ["number 3"])
        query.filter = SessionFilter("inside\u{1}")
        #expect(try await store.page(query).map(\.id) == [listed[1].id])
        for (session, number) in zip([listed[0], listed[1], discarded[0]], [1, 2, 3]) {
            let tokens = try await store.opened(session.id)?.tokens
            #expect(tokens?.accessToken?.value == Secret("access-\(number)"))
            #expect(tokens?.refreshToken?.value == Secret("refresh-\(number)"))
            #expect(try await !store.history(of: session.id, limit: 9).isEmpty)
        }
        #expect(try database.execute("SELECT count(*) FROM session_inspector.budget") == "1")
        #expect(try await store.checkup().schemaVersion == Schema.currentVersion)
        #expect(try await store.clockReading(of: "issuer", bootID: "boot") == nil)
        #expect(try database.execute("SELECT to_regclass('session_inspector.session_by_refusal') IS NOT NULL") == "t")
        // It would block writers, so it is left to the administrator.
        #expect(try await !store.checkup().hasWordIndex)
    }

    @Test("A user without the CREATE privilege creates the store in an existing schema")
    func existingSchema() async throws {
        let database = try TestDatabase()
        try database.execute(
            """
            CREATE ROLE \(database.name)_guest LOGIN;
            CREATE SCHEMA session_inspector AUTHORIZATION \(database.name)_guest
            """)
        let uri = database.cluster.address(database.name).replacing("postgres@", with: "\(database.name)_guest@")
        let store = try PostgresSessionStore.open(at: PostgresAddress(uri), key: database.key)
        try await database.insert("one", into: store)
    }

    @Test("A rejected login is a configuration error")
    func rejectedLogin() throws {
        let database = try TestDatabase()
        let uri = database.cluster.address(database.name).replacing("postgres@", with: "stranger@")
        let error = #expect(throws: StoreError.self) {
            try PostgresSessionStore.open(at: PostgresAddress(uri), key: database.key)
        }
        #expect(error?.kind == .configuration && error?.message.contains("rejected the login") == true)
        #expect(throws: StoreError.self) { try PostgresAddress("postgresql://host:port/shop") }
    }

    @Test("An unreachable server's error gives libpq's reason")
    func unreachable() throws {
        let error = #expect(throws: StoreError.self) {
            try PostgresSessionStore.open(
                at: PostgresAddress("postgresql://127.0.0.1:1/shop"), key: .key(SealingKey()))
        }
        #expect(error?.kind == .unavailable && error?.message.contains("Connection refused") == true)
    }

    @Test("Of several servers, one that doesn't respond is skipped after the address's time-out")
    func silentServer() throws {
        let database = try TestDatabase()
        let silent = try SilentServer()
        let uri = """
            postgresql://postgres@/\(database.name)?host=127.0.0.1,\(database.cluster.folder.path)\
            &port=\(silent.port),5432&connect_timeout=3
            """
        var timeouts = PostgresTimeouts()
        timeouts.connect = .seconds(3600)
        _ = try PostgresSessionStore.open(at: PostgresAddress(uri), key: database.key, timeouts: timeouts)
    }

    @Test("Opening without creating creates nothing")
    func createsNothing() throws {
        let database = try TestDatabase()
        for (readOnly, createsStore) in [(true, true), (false, false)] {
            let error = #expect(throws: StoreError.self) {
                try PostgresSessionStore.open(
                    at: database.address(), key: database.key, readOnly: readOnly, createsStore: createsStore)
            }
            #expect(error?.message.contains("There is no store") == true)
        }
        #expect(try database.execute("SELECT to_regnamespace('session_inspector') IS NULL") == "t")
    }

    @Test("Another key doesn't open the store")
    func otherKey() throws {
        let database = try TestDatabase()
        _ = try database.open()
        let error = #expect(throws: StoreError.self) {
            try PostgresSessionStore.open(at: database.address(), key: .key(SealingKey()))
        }
        #expect(error?.kind == .key)
    }

    @Test("A read-only store refuses writes with a reason")
    func readOnly() async throws {
        let database = try TestDatabase()
        let writer = try database.open()
        let session = try await database.insert("one", into: writer)
        let reader = try database.open(readOnly: true)
        #expect(try await reader.session(session.id) == session)
        let error = await #expect(throws: StoreError.self) {
            try await reader.update(session, tokens: nil, entry: nil)
        }
        #expect(error?.kind == .readOnly)
    }

    @Test("No name or error contains a password, however wrong the address is")
    func passwords() throws {
        let addresses = [
            "postgresql://me:sesame@127.0.0.1:1/shop", "postgresql://me@127.0.0.1:1/shop?password=sesame",
            "postgres://me:ses%zzame@127.0.0.1/shop", "postgresql://me:sesame@127.0.0.1:port/shop",
            "postgresql://me:sesame@no.such.host.invalid/shop",
        ]
        for text in addresses {
            let error = #expect(throws: StoreError.self) {
                let address = try PostgresAddress(text)
                #expect(!address.name.contains("sesame") && !"\(address)".contains("sesame"), "\(address.name)")
                _ = try PostgresSessionStore.open(at: address, key: .key(SealingKey()))
            }
            #expect(error.map { !$0.debugDescription.contains("sesame") } == true, "\(text)")
        }
    }

    @Test("No table contains a token in clear text")
    func sealed() async throws {
        let database = try TestDatabase()
        try await database.insert("one", into: database.open())
        for table in ["session", "tokens", "journal"] {
            let text = try database.execute("SELECT string_agg(t::text, ' ') FROM session_inspector.\(table) AS t")
            #expect(!text.isEmpty && !text.contains("secret") && !text.contains("736563726574"))
        }
    }

    @Test("Words are found without trigrams")
    func withoutTrigrams() async throws {
        let database = try TestDatabase()
        let store = try database.open()
        #expect(try await store.checkup().hasWordIndex)
        try database.execute("DROP EXTENSION pg_trgm CASCADE")
        #expect(try await !store.checkup().hasWordIndex)
        let session = try await database.insert("Checkout 100%_bug", into: store)
        try await database.insert("other", into: store)
        let query = SessionQuery(
            filter: SessionFilter("100%_b"), limit: 9, now: Date(), policy: SessionPolicy())
        #expect(try await store.page(query) == [session])
    }
}
