import Foundation
import SessionSQL
import TestProcesses
import Testing
import VisitorSessions

@testable import PostgresSessions

@Suite(.enabled(if: PostgresCluster.isInstalled, PostgresCluster.missing), .timeLimit(.minutes(2)))
struct OpeningTests {
    @Test("Of many first openers one makes the store, and all open it")
    func races() async throws {
        let database = try TestDatabase()
        try await withThrowingTaskGroup { group in
            for number in 0..<8 {
                group.addTask { try await database.insert("\(number)", into: database.open()) }
            }
            try await group.waitForAll()
        }
        #expect(try await database.open().journalEnd() == 8)
    }

    @Test("A store of a newer version is refused with a sentence, and left as it is")
    func newer() throws {
        let database = try TestDatabase()
        _ = try database.open()
        try database.execute("UPDATE session_inspector.version SET number = 99")
        let error = #expect(throws: StoreError.self) { try database.open() }
        #expect(error?.kind == .unusable && error?.message.contains("newer version") == true)
        #expect(try database.execute("SELECT number FROM session_inspector.version") == "99")
    }

    @Test(
        "A store of every earlier version opens with all its rows, by the first that opens it for writing",
        arguments: 1...3)
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
        // It would keep everyone waiting who writes: who wants it makes it at a quiet time.
        #expect(try await !store.checkup().hasWordIndex)
    }

    @Test("A user who may make no schema makes the store in one that is made for them")
    func givenSchema() async throws {
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

    @Test("A user whom the server does not let in has a setting to correct")
    func unknownUser() throws {
        let database = try TestDatabase()
        let uri = database.cluster.address(database.name).replacing("postgres@", with: "nobody@")
        let error = #expect(throws: StoreError.self) {
            try PostgresSessionStore.open(at: PostgresAddress(uri), key: database.key)
        }
        #expect(error?.kind == .configuration && error?.message.contains("does not let this user in") == true)
        #expect(throws: StoreError.self) { try PostgresAddress("postgresql://host:port/shop") }
    }

    @Test("Why a server cannot be reached is said in libpq's words")
    func reason() throws {
        let error = #expect(throws: StoreError.self) {
            try PostgresSessionStore.open(
                at: PostgresAddress("postgresql://127.0.0.1:1/shop"), key: .key(SealingKey()))
        }
        #expect(error?.kind == .unavailable && error?.message.contains("Connection refused") == true)
    }

    @Test("Of several servers one that is silent is passed over, after the time that the address allows")
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

    @Test("A look that makes nothing makes nothing")
    func makesNothing() throws {
        let database = try TestDatabase()
        for (readOnly, makes) in [(true, true), (false, false)] {
            let error = #expect(throws: StoreError.self) {
                try PostgresSessionStore.open(
                    at: database.address(), key: database.key, readOnly: readOnly, makes: makes)
            }
            #expect(error?.message.contains("There is no store") == true)
        }
        #expect(try database.execute("SELECT to_regnamespace('session_inspector') IS NULL") == "t")
    }

    @Test("Another key than the store's opens nothing")
    func otherKey() throws {
        let database = try TestDatabase()
        _ = try database.open()
        let error = #expect(throws: StoreError.self) {
            try PostgresSessionStore.open(at: database.address(), key: .key(SealingKey()))
        }
        #expect(error?.kind == .key)
    }

    @Test("A store for reading writes nothing, and says why")
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

    @Test("A password is in no name and no error, whatever is wrong with the address")
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

    @Test("What is stored is sealed: no token is in any table")
    func sealed() async throws {
        let database = try TestDatabase()
        try await database.insert("one", into: database.open())
        for table in ["session", "tokens", "journal"] {
            let text = try database.execute("SELECT string_agg(t::text, ' ') FROM session_inspector.\(table) AS t")
            #expect(!text.isEmpty && !text.contains("secret") && !text.contains("736563726574"))
        }
    }

    @Test("Words are found without trigrams, too, only slower")
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
