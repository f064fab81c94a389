import Foundation
import SessionSQL
import TestProcesses
import Testing
import VisitorSessions

@testable import PostgresSessions

/// Servers that stop, restart or respond slowly.
@Suite(.enabled(if: PostgresCluster.isInstalled, PostgresCluster.missing), .serialized, .timeLimit(.minutes(3)))
struct OutageTests {
    private let cluster: PostgresCluster
    private let database: TestDatabase

    init() throws {
        cluster = try PostgresCluster()
        database = try TestDatabase(on: cluster)
    }

    @Test("The next call reconnects to a restarted server", arguments: ["fast", "immediate"])
    func restarted(_ mode: String) async throws {
        let store = try database.open()
        let session = try await database.insert("before", into: store)
        try cluster.stop(mode)
        try cluster.start()
        // Idle connections are dead, which neither a read nor a write reports.
        #expect(try await store.session(session.id) == session)
        try cluster.stop(mode)
        try cluster.start()
        try await database.insert("after", into: store)
    }

    @Test("While the server is down every call fails at once; once it is up, the same call succeeds")
    func serverDown() async throws {
        let store = try database.open()
        let session = try await database.insert("before", into: store)
        try cluster.stop("fast")
        for _ in 0..<3 {
            let error = await #expect(throws: StoreError.self) { try await store.session(session.id) }
            #expect(error?.kind == .unavailable && error?.message.contains("is unreachable") == true)
            await #expect(throws: StoreError.self) { try await store.update(session, tokens: nil, entry: nil) }
        }
        try cluster.start()
        try await eventually { try await store.session(session.id) == session }
        _ = try await store.update(session, tokens: nil, entry: nil)
    }

    @Test("After a stop during many writes, every confirmed session is stored, and none twice")
    func stoppedDuringWrites() async throws {
        let store = try database.open()
        let outcomes = await withTaskGroup(of: (SessionID, StoreError?).self) { group in
            func write(_ number: Int) {
                let tokens = database.tokens("\(number)")
                group.addTask {
                    let session = VisitorSession(clientID: "client", tokens: tokens, at: Date())
                    do throws(StoreError) {
                        _ = try await store.insert(session, tokens: tokens, entry: .init(.set, actor: "test"))
                        return (session.id, nil)
                    } catch {
                        return (session.id, error)
                    }
                }
            }
            // Ten at a time, each after a successful one, so that writes never run out while the server is up.
            for number in 0..<10 { write(number) }
            var outcomes: [(SessionID, StoreError?)] = []
            for await outcome in group {
                outcomes.append(outcome)
                if outcomes.count == 40 { try? cluster.stop("immediate") }  // The outcomes tell.
                if outcome.1 == nil { write(outcomes.count + 10) }
            }
            return outcomes
        }
        #expect(outcomes.contains { $0.1 != nil })
        try cluster.start()
        try await eventually { try await store.journalEnd() > 0 }
        for (id, error) in outcomes where error == nil {
            #expect(try await store.opened(id) != nil)
        }
        for error in outcomes.compactMap(\.1) { #expect(error.kind == .unavailable, "\(error)") }
        let stored = try database.execute("SELECT count(*) FROM session_inspector.session")
        #expect(try await Int(stored) == store.journalEnd())
    }

    @Test("A silent server times out, and an unanswered commit is reported as unknown")
    func frozen() async throws {
        var timeouts = PostgresTimeouts()
        timeouts.connect = .seconds(1)
        timeouts.statement = .seconds(1)
        let session = try await database.insert("before", into: try database.open())
        let store = try database.open(timeouts: timeouts)
        #expect(try await store.session(session.id) == session)
        try cluster.freeze(true)
        let start = ContinuousClock.now
        let error = await #expect(throws: StoreError.self) { try await store.session(session.id) }
        #expect(error?.kind == .unavailable && error?.message.contains("isn't responding") == true)
        #expect(ContinuousClock.now - start < .seconds(10))
        try cluster.freeze(false)
        try await eventually { try await store.session(session.id) == session }
    }

    @Test("A commit whose response was lost is reported as unknown and not repeated")
    func unknownCommit() throws {
        _ = try database.open()
        let connection = try PostgresConnection(database.address(), timeouts: PostgresTimeouts())
        let transaction = Transaction(timeouts: PostgresTimeouts())
        let cluster = cluster
        let failure = #expect(throws: PostgresFailure.self) {
            try transaction.run(on: connection) { db in
                try db.execute("UPDATE session_inspector.journal_head SET writes = writes + 1")
                try cluster.stop("immediate")
            }
        }
        #expect(failure?.isCommitUnknown == true && failure?.isConflict == false)
        let error = try StoreError(postgres: #require(failure), at: database.address())
        #expect(error.kind == .unavailable && error.message.contains("completely or not at all"))
        try cluster.start()
    }

    @Test("A change stream survives a restart and reports what was written meanwhile")
    func watcher() async throws {
        let watcher = try database.open()
        let writer = try database.open()
        var changes = watcher.changes().makeAsyncIterator()
        _ = await changes.next()
        try cluster.stop("fast")
        // It reports a change, so that subscribers read and see the error.
        _ = await changes.next()
        try cluster.start()
        let session = try await database.insert("after", into: writer)
        // Backoff delays reconnecting; the change is reported afterwards.
        while try await !holds({ try await watcher.session(session.id) != nil }) { _ = await changes.next() }
    }

    /// Whether the condition holds and the server can confirm it.
    private func holds(_ condition: () async throws -> Bool) async throws -> Bool {
        do {
            return try await condition()
        } catch let error as StoreError where error.kind == .unavailable {
            return false
        }
    }

    private func eventually(_ condition: () async throws -> Bool) async throws {
        for _ in 0..<600 {
            if try await holds(condition) { return }
            try await Task.sleep(for: .milliseconds(20))
        }
        Issue.record("It never came back.")
    }
}
