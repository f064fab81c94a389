import Foundation
import GRDB
import SessionSQL
import Testing
import VisitorSessions

@testable import SQLiteSessions

/// Frequent queries never scan or sort a whole table.
struct QueryPlanTests {
    private let place: TemporaryStore
    private let store: SQLiteSessionStore

    init() throws {
        place = try TemporaryStore()
        store = try place.open()
    }

    private func plan(_ query: SQLText) async throws -> [String] {
        try await store.database.read { db in
            try db.rows("EXPLAIN QUERY PLAN \(query)") { $0.text(3) }
        }
    }

    private func page(_ filter: String, _ key: SessionSort.Key) -> SQLText {
        let query = SessionQuery(
            filter: SessionFilter(filter), sort: SessionSort(key), limit: 100, now: Date(), policy: SessionPolicy())
        return PageQuery(query, keyIDs: store.keys.seal.keyIDs, clock: store.sql.clock).sql
    }

    /// The query plan of each statement that `body` executes.
    private func plans(
        of body: @escaping @Sendable (Database, TokenSeal) throws -> Void
    ) async throws -> [(sql: String, steps: [String])] {
        try await store.read { db, seal in
            var statements: [String] = []
            db.trace { statements.append($0.expandedDescription) }
            try body(db, seal)
            db.trace(options: [])
            // The index's own statements are SQLite's business.
            return try statements.filter { !$0.hasPrefix("--") }.map { sql in
                (sql, try Row.fetchAll(db, sql: "EXPLAIN QUERY PLAN \(sql)").map { $0["detail"] })
            }
        }
    }

    @Test("Recording expiries reads only the sessions that have expired")
    func expiries() async throws {
        let keys = store.keys
        let plans = try await plans { db, _ in
            let write = SessionWrite(db, keys: keys, clock: StoreClock(given: { Date() }), writer: "test")
            _ = try write.recordExpiries(after: Date() - .seconds(60), until: Date(), by: "test", batch: 10)
        }
        let steps = plans.first { $0.sql.contains("SELECT id, ") }?.steps
        #expect(steps?.first?.contains("INDEX session_by_access (access_order>? AND access_order<?)") == true)
        #expect(steps?.contains { $0.contains("TEMP B-TREE") } == false, "\(plans)")
    }

    @Test("Counting reads stored counts and only the sessions of the current time step")
    func counts() async throws {
        let now = Date()
        let tokens = Tokens(accessToken: AccessToken(Secret("access"), expiresAt: now + .seconds(30)))
        let session = VisitorSession(clientID: "client", tokens: tokens, at: now)
        _ = try await store.insert(session, tokens: tokens, entry: JournalEntry.Draft(.set, actor: "test"))
        let plans = try await plans { db, seal in
            let clock = StoreClock(given: { now })
            let query = CountsQuery(now: now, clock: clock, policy: SessionPolicy(), keyIDs: seal.keyIDs)
            _ = try query.counts(db)
        }
        #expect(plans.count < 16, "\(plans.count) statements")
        #expect(plans.contains { $0.sql.contains("UNION") }, "it looks ahead")
        for (sql, steps) in plans {
            #expect(!steps.contains { $0.hasPrefix("SCAN session") && !$0.contains("INDEX") }, "\(sql): \(steps)")
            // Nearly all sessions have one key.
            #expect(!steps.contains { $0.contains("session_by_key") }, "\(sql): \(steps)")
            #expect(!steps.contains { $0.hasPrefix("SCAN state_counts") }, "\(sql): \(steps)")
        }
    }

    @Test(
        "No filter reads all sessions before consulting an index, or sorts them",
        arguments: [
            "cart", "cart 4711", "state:valid", "state:expiring cart", "state:refused", "state:discarded", "auto:on",
            "live:on", "live:on source:dev",
        ],
        SessionSort.Key.allCases)
    func filters(_ filter: String, _ key: SessionSort.Key) async throws {
        let query = SessionQuery(
            filter: SessionFilter(filter), sort: SessionSort(key), limit: 100, now: Date(), policy: SessionPolicy())
        for lookupLimit in [-1, 3000] {
            let plans = try await plans { [clock = store.sql.clock] db, seal in
                _ = try PageReading(
                    query: query, rows: seal.rows(.sqlite), clock: clock, scanLimit: 0, lookupLimit: lookupLimit
                ).sessions(db)
            }
            #expect(plans.count < 12, "\(plans.count) statements")
            for (sql, steps) in plans {
                // A scan in index order stops at the end of the page.
                #expect(
                    steps.contains("CO-ROUTINE session")
                        || !steps.contains { $0.hasPrefix("SCAN session") && !$0.contains("INDEX") }, "\(sql): \(steps)"
                )
                let isLookUp =
                    steps.contains { $0.contains("INTEGER PRIMARY KEY") || $0.contains("sqlite_autoindex_session_1") }
                    || filter == "state:discarded"
                #expect(isLookUp || !steps.contains { $0.contains("TEMP B-TREE") }, "\(sql): \(steps)")
            }
        }
    }

    @Test("The sessions to renew, by access expiry, are read from their own index")
    func autoRenewal() async throws {
        let steps = try await plan(page("auto:on", .accessExpiry))
        #expect(steps.count == 1)
        #expect(steps.first?.contains("session_by_auto_renewal") == true, "\(steps)")
    }

    @Test("A page in any order is read from an index", arguments: SessionSort.Key.allCases)
    func pages(_ key: SessionSort.Key) async throws {
        let steps = try await plan(page("", key))
        #expect(steps.count == 1, "\(steps)")
        #expect(steps.first?.contains("USING INDEX session_by_") == true, "\(steps)")
    }

    @Test("A session's rank is read from the index of its order", arguments: SessionSort.Key.allCases)
    func rank(_ key: SessionSort.Key) async throws {
        let plans = try await plans { [clock = store.sql.clock] db, seal in
            let query = SessionQuery(
                sort: SessionSort(key), limit: 0, now: Date(), policy: SessionPolicy())
            let session = VisitorSession(label: "x", clientID: "client", tokens: Tokens(), at: Date())
            let rank = RankQuery(position: session.position(by: key), query: query, keyIDs: seal.keyIDs, clock: clock)
            _ = try rank.rank(db)
        }
        #expect(plans.count == 1)
        for step in plans.flatMap(\.steps) {
            let isIndexed = step.contains("INDEX session_by_") || !step.contains("session")
            #expect(isIndexed && !step.hasPrefix("SCAN session"), "\(step)")
        }
    }

    @Test("Sessions are found by token through indexes alone")
    func holding() async throws {
        let fingerprints = store.keys.seal.fingerprints(Secret("token"))
        let steps = try await plan(Dialect.sqlite.sessions(holding: fingerprints, since: Date(), limit: 9))
        for table in ["tokens", "journal", "session"] {
            #expect(!steps.contains { $0.hasPrefix("SCAN \(table)") }, "\(steps)")
        }
    }
}
