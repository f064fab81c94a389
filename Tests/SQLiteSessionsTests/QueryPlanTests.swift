import Foundation
import GRDB
import Testing
import VisitorSessions

@testable import SQLiteSessions

/// What is asked often never reads a whole table, and never sorts one.
struct QueryPlanTests {
    private let place: TemporaryStore
    private let store: SQLiteSessionStore

    init() throws {
        place = try TemporaryStore()
        store = try place.open()
    }

    private func plan(_ query: SQL) async throws -> [String] {
        try await store.database.read { db in
            let (sql, arguments) = try query.build(db)
            return try Row.fetchAll(db, sql: "EXPLAIN QUERY PLAN \(sql)", arguments: arguments).map { $0["detail"] }
        }
    }

    private func page(_ filter: String, _ key: SessionSort.Key) -> SQL {
        let query = SessionQuery(
            filter: SessionFilter(filter), sort: SessionSort(key), limit: 100, now: Date(), policy: SessionPolicy())
        return PageQuery(query: query, keyIDs: store.keys.seal.keyIDs).sql
    }

    @Test("The page of sessions to renew, by access expiry, is read off its own index")
    func autoRenewal() async throws {
        let steps = try await plan(page("auto:on", .accessExpiry))
        #expect(steps.count == 1)
        #expect(steps.first?.contains("session_by_auto_renewal") == true, "\(steps)")
    }

    @Test("A page in any order is read off an index", arguments: SessionSort.Key.allCases)
    func pages(_ key: SessionSort.Key) async throws {
        let steps = try await plan(page("", key))
        #expect(steps.count == 1, "\(steps)")
        #expect(steps.first?.contains("USING INDEX session_by_") == true, "\(steps)")
    }

    @Test("Sessions are found by a token through indexes alone")
    func holding() async throws {
        let fingerprints = store.keys.seal.fingerprints(Secret("token"))
        let steps = try await plan(HoldingQuery(fingerprints: fingerprints, since: Date(), limit: 9).sql)
        for table in ["tokens", "journal", "session"] {
            #expect(!steps.contains { $0.hasPrefix("SCAN \(table)") }, "\(steps)")
        }
    }
}
