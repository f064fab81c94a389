import Foundation
import TestProcesses
import Testing
import VisitorSessions
import VisitorSessionsTesting

@testable import PostgresSessions

@Suite(
    "Through a pooler in transaction mode",
    .enabled(if: PostgresCluster.isInstalled && Pooler.isInstalled, PostgresCluster.missing))
struct PoolerTests {
    private static let pooler = Result { try Pooler(on: PostgresCluster.shared.get()) }

    @Test("Every promise is kept", .timeLimit(.minutes(5)), arguments: SessionStoreConformance.checks)
    func keepsThePromise(_ check: SessionStoreConformance.Check) async throws {
        let database = try TestDatabase()
        let address = try PostgresAddress(Self.pooler.get().address(database.name))
        try await check.run { now in try PostgresSessionStore.open(at: address, key: database.key, now: now) }
    }

    @Test(
        "Whether the wire is encrypted is said of the one to the pooler, not of the one behind it",
        .timeLimit(.minutes(1)))
    func wire() async throws {
        let database = try TestDatabase()
        let remote = try Pooler(on: database.cluster, port: 6439, isRemote: true)
        let address = try PostgresAddress(remote.address(database.name))
        let store = try PostgresSessionStore.open(at: address, key: database.key)
        // The pooler goes on over a socket.
        #expect(try await !store.checkup().isEncrypted)
        #expect(try await database.open().checkup().isEncrypted)
    }

    @Test("What a pooler refuses for good is no failure that may pass")
    func refusals() throws {
        let address = try PostgresAddress(Self.pooler.get().address("nowhere"))
        let error = #expect(throws: StoreError.self) {
            try PostgresSessionStore.open(at: address, key: .key(SealingKey()))
        }
        #expect(error?.kind == .unusable && error?.message.contains("does not exist") == true)
        // With passwords, as it says it.
        #expect(PostgresFailure.sqlState("08P01", saying: "FATAL:  08P01: SASL authentication failed") == "28P01")
        #expect(PostgresFailure.sqlState("08P01", saying: "FATAL:  08P01: query_wait_timeout") == "08P01")
    }

    @Test("A reading that took too long is given up at the server, too", .timeLimit(.minutes(1)))
    func givenUp() async throws {
        let database = try TestDatabase()
        let address = try PostgresAddress(Self.pooler.get().address(database.name))
        try await database.expectGivenUp(at: address)
    }

    @Test("Other hosts' changes are seen, though no notification comes through", .timeLimit(.minutes(3)))
    func polls() async throws {
        let database = try TestDatabase()
        let address = try PostgresAddress(Self.pooler.get().address(database.name))
        let watcher = try PostgresSessionStore.open(at: address, key: database.key)
        #expect(try await !watcher.checkup().isToldOfChanges)
        let writer = try database.open()
        #expect(try await writer.checkup().isToldOfChanges)
        var changes = watcher.changes().makeAsyncIterator()
        _ = await changes.next()
        var quickest = Duration.seconds(60)
        for number in 0..<3 {
            let start = ContinuousClock.now
            try await database.insert("\(number)", into: writer)
            _ = await changes.next()
            quickest = min(quickest, ContinuousClock.now - start)
        }
        #expect(quickest < .seconds(1))
    }
}
