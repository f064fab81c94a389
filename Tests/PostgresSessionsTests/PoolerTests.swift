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

    @Test("The store conforms through a pooler", .timeLimit(.minutes(5)), arguments: SessionStoreConformance.checks)
    func conforms(_ check: SessionStoreConformance.Check) async throws {
        let database = try TestDatabase()
        let address = try PostgresAddress(Self.pooler.get().address(database.name))
        try await check.run { now in try PostgresSessionStore.open(at: address, key: database.key, now: now) }
    }

    @Test(
        "The reported encryption is that of the connection to the pooler",
        .timeLimit(.minutes(1)))
    func wire() async throws {
        let database = try TestDatabase()
        let remote = try Pooler(on: database.cluster, port: 6439, isRemote: true)
        let address = try PostgresAddress(remote.address(database.name))
        let store = try PostgresSessionStore.open(at: address, key: database.key)
        // The pooler connects to the server over a socket.
        #expect(try await !store.checkup().isEncrypted)
        #expect(try await database.open().checkup().isEncrypted)
    }

    @Test("A pooler's permanent refusal isn't a temporary failure")
    func refusals() throws {
        let address = try PostgresAddress(Self.pooler.get().address("nowhere"))
        let error = #expect(throws: StoreError.self) {
            try PostgresSessionStore.open(at: address, key: .key(SealingKey()))
        }
        #expect(error?.kind == .unusable && error?.message.contains("doesn't exist") == true)
        // pgbouncer's words with passwords.
        #expect(PostgresFailure.sqlState("08P01", saying: "FATAL:  08P01: SASL authentication failed") == "28P01")
        #expect(PostgresFailure.sqlState("08P01", saying: "FATAL:  08P01: query_wait_timeout") == "08P01")
    }

    @Test("A read that times out is cancelled on the server", .timeLimit(.minutes(1)))
    func timedOutRead() async throws {
        let database = try TestDatabase()
        let address = try PostgresAddress(Self.pooler.get().address(database.name))
        try await database.expectCancelledRead(at: address)
    }

    @Test("Other hosts' changes are reported without notifications", .timeLimit(.minutes(3)))
    func polls() async throws {
        let database = try TestDatabase()
        let address = try PostgresAddress(Self.pooler.get().address(database.name))
        let watcher = try PostgresSessionStore.open(at: address, key: database.key)
        #expect(try await !watcher.checkup().receivesNotifications)
        let writer = try database.open()
        #expect(try await writer.checkup().receivesNotifications)
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
