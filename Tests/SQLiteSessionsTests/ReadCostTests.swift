import Foundation
import GRDB
import GRDBSQLite
import SessionSQL
import Synchronization
import Testing
import VisitorSessions
import VisitorSessionsTesting

@testable import SQLiteSessions

/// A frame costs a fixed number of statements and virtual-machine steps, however many sessions there are.
struct ReadCostTests {
    private struct Cost {
        var statements = 0
        var steps = 0
    }

    private let now = Date(timeIntervalSince1970: 1_800_000_000)

    private func store(_ count: Int) async throws -> (TemporaryStore, SQLiteSessionStore) {
        let place = try TemporaryStore()
        let store = try place.open()
        // Leased sessions, and those whose refresh token expires first, are read one by one. Real stores have few.
        let sessions = ManySessions(at: now, count: count).all.filter {
            $0.session.lease == nil
                && ($0.tokens.refreshToken == nil || $0.session.refreshExpiry > $0.session.accessExpiry)
        }
        _ = try await store.insert(new: sessions)
        return (place, store)
    }

    /// Counts the steps of SQLite's virtual machine and the statements that `body` executes.
    private func cost(
        in store: SQLiteSessionStore, _ body: @escaping @Sendable (Database, TokenSeal) throws -> Void
    ) async throws -> Cost {
        try await store.read { db, seal in
            // Once for the plans, which look at the tables; then for the cost.
            try body(db, seal)
            let steps = UnsafeMutablePointer<Int>.allocate(capacity: 1)
            steps.initialize(to: 0)
            defer { steps.deallocate() }
            sqlite3_progress_handler(
                db.sqliteConnection, 1,
                { steps in
                    steps?.assumingMemoryBound(to: Int.self).pointee += 1
                    return 0
                }, steps)
            let statements = Mutex(0)
            // The index's own statements are SQLite's business.
            db.trace { event in
                if !event.expandedDescription.hasPrefix("--") { statements.withLock { $0 += 1 } }
            }
            try body(db, seal)
            db.trace(options: [])
            sqlite3_progress_handler(db.sqliteConnection, 0, nil, nil)
            return Cost(statements: statements.withLock(\.self), steps: steps.pointee)
        }
    }

    @Test("A page costs the same with ten times as many sessions", .timeLimit(.minutes(2)))
    func windows() async throws {
        let (smallPlace, small) = try await store(500)
        let (largePlace, large) = try await store(5000)
        defer { withExtendedLifetime((smallPlace, largePlace)) {} }
        for key in SessionSort.Key.allCases {
            for filter in ["", "state:valid", "auto:on", "live:on", "live:off", "zzz-nothing"] {
                let query = SessionQuery(
                    filter: SessionFilter(filter), sort: SessionSort(key), limit: 120, now: now, policy: SessionPolicy()
                )
                let read: @Sendable (Database, TokenSeal) throws -> Void = { [clock = small.sql.clock] db, seal in
                    _ = try PageReading(query: query, rows: seal.rows(.sqlite), clock: clock, scanLimit: 400)
                        .sessions(db)
                }
                let (few, many) = (try await cost(in: small, read), try await cost(in: large, read))
                #expect(many.statements <= 6, "\(filter) by \(key): \(many)")
                #expect(many.steps < few.steps * 3 / 2 + 2000, "\(filter) by \(key): \(few) and \(many)")
            }
        }
    }

    @Test("Counting all states reads stored counts instead of sessions", .timeLimit(.minutes(2)))
    func counts() async throws {
        let (smallPlace, small) = try await store(2000)
        let (largePlace, large) = try await store(8000)
        defer { withExtendedLifetime((smallPlace, largePlace)) {} }
        // Nothing expires soon then: sessions that do are read one by one.
        let then = now - .seconds(3600)
        let count: @Sendable (Database, TokenSeal) throws -> Void = { db, seal in
            _ = try CountsQuery(
                now: then, clock: StoreClock(given: { then }), policy: SessionPolicy(), keyIDs: seal.keyIDs
            ).counts(db)
        }
        let (few, many) = (try await cost(in: small, count), try await cost(in: large, count))
        #expect(many.statements == few.statements)
        #expect(many.steps < few.steps * 2, "\(few) and \(many)")
    }
}
