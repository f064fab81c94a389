import Foundation
import SessionSQL
import TestProcesses
import Testing
import VisitorSessions

@testable import PostgresSessions

@Suite(.enabled(if: PostgresCluster.isInstalled, PostgresCluster.missing), .timeLimit(.minutes(2)))
struct JournalOrderTests {
    @Test("A reader misses no entry of concurrent writers and sees positions without gaps")
    func readerMissesNothing() async throws {
        let database = try TestDatabase()
        let stores = try (0..<4).map { _ in try database.open() }
        let total = 4 * 30
        let reader = try database.open()
        async let read: [JournalEntry] = {
            var read: [JournalEntry] = []
            while read.count < total {
                read += try await reader.journal(after: read.last?.position ?? 0, limit: 7)
            }
            return read
        }()
        try await withThrowingTaskGroup { group in
            for (number, store) in stores.enumerated() {
                for index in 0..<30 {
                    group.addTask { try await database.insert("\(number) \(index)", into: store) }
                }
            }
            try await group.waitForAll()
        }
        #expect(try await read.map(\.position) == Array(1...total))
    }

    @Test("A later entry doesn't become visible before an earlier one")
    func slowCommit() async throws {
        let database = try TestDatabase()
        // Long enough for a busy machine to observe the fast write waiting.
        var timeouts = PostgresTimeouts()
        (timeouts.lock, timeouts.statement) = (.seconds(100), .seconds(100))
        let store = try database.open(timeouts: timeouts)
        let slow = try PostgresConnection(database.address(), timeouts: PostgresTimeouts())
        try slow.execute("BEGIN")
        let draft = JournalEntry.Draft(.set, actor: "slow")
        try JournalRows.append([(SessionID(), draft)], StoreClock(given: nil), by: "slow", slow)
        let quick = Task { try await database.insert("quick", into: store) }
        // The server shows that it waits for the slow one.
        while !Task.isCancelled, try database.execute(Self.waiting) == "0" { await Task.yield() }
        #expect(try await store.journal(after: 0, limit: 9).isEmpty)
        try slow.execute("COMMIT")
        _ = try await quick.value
        #expect(try await store.journal(after: 0, limit: 9).map(\.draft.actor) == ["slow", "test"])
    }

    private static let waiting = """
        SELECT count(*) FROM pg_locks JOIN pg_stat_activity USING (pid)
        WHERE NOT granted AND datname = current_database()
        """

    @Test("A rolled-back write leaves no gap")
    func rolledBack() async throws {
        let database = try TestDatabase()
        let store = try database.open()
        try await database.insert("one", into: store)
        await #expect(throws: StoreError.self) { try await database.insert("one", into: store) }
        try await database.insert("two", into: store)
        #expect(try await store.journal(after: 0, limit: 9).map(\.position) == [1, 2])
    }
}
