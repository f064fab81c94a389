import Foundation
import GRDB
import SessionSQL
import Testing
import VisitorSessions
import VisitorSessionsTesting

@testable import SQLiteSessions

/// Every way of reading a page gives the same page.
struct PageReadingTests {
    /// Limits that force each way: a sufficient scan, lookups, an intersection in list order, and a scan of estimated length
    /// for frequent words.
    private static let ways = [
        (scanLimit: 10_000, lookupLimit: 0), (scanLimit: 1, lookupLimit: 10_000), (scanLimit: 1, lookupLimit: 0),
        (scanLimit: 1, lookupLimit: 10),
    ]

    private static let filters = [
        "cart", "CHECKOUT bug", "bug nothing", "ärger", "ph\"x", "a", "visitor-3", "visitor-", "client", "lient-b cart",
        "zzz",
        "state:valid", "state:expiring", "state:expired", "state:refused", "state:renewing", "state:damaged",
        "state:unresolved", "state:discarded", "state:discarded state:valid", "state:valid state:expired cart",
        "state:renewing state:refused state:discarded checkout",
    ]

    @Test(
        "Scanning, looking up and intersecting rows give the same page", .timeLimit(.minutes(2)),
        arguments: SessionSort.Key.allCases)
    func ways(_ key: SessionSort.Key) async throws {
        let place = try TemporaryStore()
        let store = try place.open()
        let model = InMemorySessionStore()
        let now = Date(timeIntervalSince1970: 1_800_000_000)
        let new = ManySessions(at: now, count: 300).all
        _ = try await store.insert(new: new)
        _ = try model.insert(new: new)
        for filter in Self.filters {
            for descending in [false, true] {
                var query = SessionQuery(
                    filter: SessionFilter(filter), sort: SessionSort(key, descending: descending), limit: 20, now: now,
                    policy: SessionPolicy())
                let all = model.page(query)
                var starts: [SessionQuery.Start] = [.first, .last]
                if let middle = all.dropFirst(7).first?.position(by: key) {
                    starts += [.after(middle), .from(middle), .before(middle)]
                }
                for start in starts {
                    query.start = start
                    let expected = model.page(query).map(\.id)
                    for way in Self.ways {
                        let asked = query
                        let found = try await store.read { db, seal in
                            try PageReading(
                                query: asked, rows: seal.rows(.sqlite), clock: StoreClock { now },
                                scanLimit: way.scanLimit,
                                lookupLimit: way.lookupLimit
                            ).sessions(db)
                        }
                        #expect(found.map(\.id) == expected, "\(filter) \(start) \(way)")
                    }
                }
            }
        }
    }

    @Test("A page without a limit has all matches", arguments: ["cart", "state:expired", ""])
    func unlimited(_ filter: String) async throws {
        let place = try TemporaryStore()
        let store = try place.open()
        let now = Date(timeIntervalSince1970: 1_800_000_000)
        let new = ManySessions(at: now, count: 150).all
        _ = try await store.insert(new: new)
        let query = SessionQuery(filter: SessionFilter(filter), limit: .max, now: now, policy: SessionPolicy())
        let expected = new.map(\.session).count {
            query.filter.matches($0, in: $0.state(at: now, policy: query.policy))
        }
        #expect(try await store.page(query).count == expected)
    }

    @Test("The index follows label changes and deletions")
    func indexFollows() async throws {
        let place = try TemporaryStore()
        let store = try place.open()
        let tokens = Tokens(accessToken: AccessToken(Secret("a"), expiresAt: nil))
        let new = VisitorSession(label: "before", clientID: "client", tokens: tokens, at: Date())
        var session = try await store.insert(new, tokens: tokens, entry: JournalEntry.Draft(.set, actor: "test"))
        func found(_ word: String) async throws -> Int {
            try await store.database.read { db in
                let narrowing = try #require(try IndexCandidates.having([word], db))
                return try narrowing.rowIDs(upTo: 9, db).count
            }
        }
        #expect(try await found("befo") == 1)
        session.label = "after"
        session = try await store.update(session, tokens: nil, entry: nil)
        #expect(try await found("befo") == 0)
        #expect(try await found("after") == 1)
        session.discardedAt = Date(timeIntervalSince1970: 0)
        session = try await store.update(session, tokens: nil, entry: nil)
        _ = try await store.purge(Retention(gracePeriod: .zero), by: "test", batch: 9)
        #expect(try await found("after") == 0)
        let left = try await store.database.read { try $0.number("SELECT sum(abs(number)) FROM state_counts") }
        #expect(left == 0)
    }
}
