import Foundation
import SessionSQL
import TestProcesses
import Testing
import VisitorSessions

@testable import PostgresSessions

@Suite(.enabled(if: PostgresCluster.isInstalled, PostgresCluster.missing), .timeLimit(.minutes(1)))
struct ChangeTests {
    @Test("Another store's change is reported within a second")
    func otherStore() async throws {
        let database = try TestDatabase()
        let watcher = try database.open()
        let writer = try database.open()
        var changes = watcher.changes().makeAsyncIterator()
        _ = await changes.next()
        // The fastest of them: the others may have waited for a busy machine.
        var quickest = Duration.seconds(60)
        for number in 0..<5 {
            let start = ContinuousClock.now
            try await database.insert("\(number)", into: writer)
            _ = await changes.next()
            quickest = min(quickest, ContinuousClock.now - start)
        }
        #expect(quickest < .seconds(1))
    }

    @Test("Change streams end with their store")
    func streamsEnd() async throws {
        let database = try TestDatabase()
        var store: PostgresSessionStore? = try database.open()
        let changes = try #require(store?.changes())
        store = nil
        var iterator = changes.makeAsyncIterator()
        while await iterator.next() != nil {}
    }

    @Test("A read that times out is cancelled on the server")
    func timedOutRead() async throws {
        let database = try TestDatabase()
        try await database.expectCancelledRead(at: database.address())
    }

    @Test("A cancelled read ends at once, and its connection serves the next read")
    func cancelledRead() async throws {
        let database = try TestDatabase()
        let store = try database.open(connections: 1)
        let slow = Task {
            try await store.database.read { db in _ = try db.execute("SELECT pg_sleep(60)") }
        }
        let running =
            "SELECT count(*) FROM pg_stat_activity WHERE query LIKE 'SELECT pg_sleep%' AND datname = current_database()"
        while !Task.isCancelled, try database.execute(running) == "0" { await Task.yield() }
        slow.cancel()
        await #expect(throws: StoreError.self) { try await slow.value }
        #expect(try await store.journalEnd() == 0)
    }
}
