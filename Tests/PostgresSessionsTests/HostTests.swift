import Foundation
import SessionSQL
import TestProcesses
import Testing
import VisitorSessions

@testable import PostgresSessions

/// Faulty hosts don't harm others.
@Suite(.enabled(if: PostgresCluster.isInstalled, PostgresCluster.missing), .timeLimit(.minutes(2)))
struct HostTests {
    @Test("A session discarded by a host with a slow clock is kept for its grace period by the server's clock")
    func slowClock() async throws {
        let database = try TestDatabase()
        let store = try database.open()
        var session = try await database.insert("one", into: store)
        session.discardedAt = Date() - .seconds(7 * 86_400)
        let discarded = try await store.update(session, tokens: nil, entry: nil)
        #expect(discarded.discardedAt.map { abs($0.timeIntervalSinceNow) < 3600 } == true)
        let retention = Retention(gracePeriod: .seconds(86_400))
        #expect(try await store.purge(retention, by: "test", batch: 9) == PurgeResult())
        #expect(try await store.session(session.id) == discarded)
    }

    @Test("A host that stalls in a write blocks others no longer than their time-out")
    func stalledHost() async throws {
        let database = try TestDatabase()
        let others = try database.open()
        let failure = await #expect(throws: PostgresFailure.self) {
            try await withCheckedThrowingContinuation { done in
                Thread.detachNewThread {
                    done.resume(with: Result { try Self.standStill(in: database, until: others) })
                }
            }
        }
        #expect(failure?.isConnectionLost == true)
        #expect(try await others.journalEnd() == 1)
    }

    /// Begins a write, and stalls until another one has written.
    private static func standStill(in database: TestDatabase, until others: PostgresSessionStore) throws {
        var timeouts = PostgresTimeouts()
        timeouts.lock = .seconds(1)
        let connection = try PostgresConnection(database.address(), timeouts: timeouts)
        try Transaction(timeouts: timeouts).run(on: connection) { db in
            // Every write updates this row last.
            try db.execute("UPDATE session_inspector.journal_head SET writes = writes + 1")
            let isWritten = DispatchSemaphore(value: 0)
            Task {
                defer { isWritten.signal() }
                try await database.insert("other", into: others)
            }
            isWritten.wait()
        }
    }
}
