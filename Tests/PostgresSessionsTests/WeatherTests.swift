import Foundation
import SessionSQL
import TestProcesses
import Testing
import VisitorSessions

@testable import PostgresSessions

/// A server that ends, comes back, or answers slowly, in the middle of everything.
@Suite(.enabled(if: PostgresCluster.isInstalled, PostgresCluster.missing), .serialized, .timeLimit(.minutes(3)))
struct WeatherTests {
    private let cluster: PostgresCluster
    private let database: TestDatabase

    init() throws {
        cluster = try PostgresCluster()
        database = try TestDatabase(on: cluster)
    }

    @Test("A server that was restarted is found again by the next call", arguments: ["fast", "immediate"])
    func restarted(_ mode: String) async throws {
        let store = try database.open()
        let session = try await database.insert("before", into: store)
        try cluster.stop(mode)
        try cluster.start()
        // Connections that had been idle are dead; neither a read nor a write shows it.
        #expect(try await store.session(session.id) == session)
        try cluster.stop(mode)
        try cluster.start()
        try await database.insert("after", into: store)
    }

    @Test("While the server is away every call says so at once; when it is back the same call goes well")
    func away() async throws {
        let store = try database.open()
        let session = try await database.insert("before", into: store)
        try cluster.stop("fast")
        for _ in 0..<3 {
            let error = await #expect(throws: StoreError.self) { try await store.session(session.id) }
            #expect(error?.kind == .unavailable && error?.message.contains("cannot be reached") == true)
            await #expect(throws: StoreError.self) { try await store.update(session, tokens: nil, entry: nil) }
        }
        try cluster.start()
        try await eventually { try await store.session(session.id) == session }
        _ = try await store.update(session, tokens: nil, entry: nil)
    }

    @Test("Stopped in the middle of many writes: what was said to be stored is there, and nothing is there twice")
    func inTheMiddle() async throws {
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
            // Ten at a time, each after one that went well: none of them is the last while the server is there.
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

    @Test("A server that does not answer is given up in time, and a commit without an answer is said to be unknown")
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
        #expect(error?.kind == .unavailable && error?.message.contains("in time") == true)
        #expect(ContinuousClock.now - start < .seconds(10))
        try cluster.freeze(false)
        try await eventually { try await store.session(session.id) == session }
    }

    @Test("A commit whose answer was lost is said to be unknown, and is not repeated")
    func unknownCommit() throws {
        _ = try database.open()
        let connection = try PostgresConnection(database.address(), timeouts: PostgresTimeouts())
        let transaction = Transaction(timeouts: PostgresTimeouts())
        let cluster = cluster
        let failure = #expect(throws: PostgresFailure.self) {
            try transaction.run(on: connection) { db in
                try db.execute("UPDATE session_inspector.pulse SET writes = writes + 1")
                try cluster.stop("immediate")
            }
        }
        #expect(failure?.isCommitUnknown == true && failure?.isRace == false)
        let error = try StoreError(postgres: #require(failure), at: database.address())
        #expect(error.kind == .unavailable && error.message.contains("whole or not at all"))
        try cluster.start()
    }

    @Test("A watcher lives through a restart, and tells of what was written meanwhile")
    func watcher() async throws {
        let watcher = try database.open()
        let writer = try database.open()
        var changes = watcher.changes().makeAsyncIterator()
        _ = await changes.next()
        try cluster.stop("fast")
        // It says that something has happened, so that whoever looks finds out.
        _ = await changes.next()
        try cluster.start()
        let session = try await database.insert("after", into: writer)
        // A server that was away is left alone for a moment, though it be back; it is told when it was found.
        while try await !holds({ try await watcher.session(session.id) != nil }) { _ = await changes.next() }
    }

    /// Whether it is so, and the server there to say it.
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
