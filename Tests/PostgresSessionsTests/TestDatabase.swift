import Foundation
import SessionSQL
import TestProcesses
import Testing
import VisitorSessions

@testable import PostgresSessions

/// A test's own database and its stores.
struct TestDatabase {
    let cluster: PostgresCluster
    let name: String
    let key = SealingKeySource.key(SealingKey())

    init(on cluster: PostgresCluster? = nil) throws {
        self.cluster = try cluster ?? PostgresCluster.shared.get()
        name = try self.cluster.makeDatabase()
    }

    func address() throws -> PostgresAddress {
        try PostgresAddress(cluster.address(name))
    }

    func open(
        readOnly: Bool = false, connections: Int = 4, timeouts: PostgresTimeouts = PostgresTimeouts(),
        now: (@Sendable () -> Date)? = nil
    ) throws -> PostgresSessionStore {
        try PostgresSessionStore.open(
            at: address(), key: key, readOnly: readOnly, connections: connections, timeouts: timeouts, now: now)
    }

    @discardableResult
    func execute(_ statements: String) throws -> String {
        try cluster.execute(statements, in: name)
    }

    /// Starts a read that exceeds its time-out, and waits until no backend runs it.
    func expectCancelledRead(at address: PostgresAddress) async throws {
        var timeouts = PostgresTimeouts()
        timeouts.statement = .milliseconds(300)
        let store = try PostgresSessionStore.open(at: address, key: key, timeouts: timeouts)
        let error = await #expect(throws: StoreError.self) {
            try await store.database.read { db in _ = try db.execute("SELECT pg_sleep(3600)") }
        }
        #expect(error?.kind == .unavailable)
        let running = """
            SELECT count(*) FROM pg_stat_activity
            WHERE datname = current_database() AND state = 'active' AND query LIKE 'SELECT pg_sleep%'
            """
        while !Task.isCancelled, try execute(running) != "0" { await Task.yield() }
    }

    func tokens(_ name: String) -> Tokens {
        Tokens(
            accessToken: AccessToken(Secret("access-secret-\(name)"), expiresAt: Date() + .seconds(3600)),
            refreshToken: RefreshToken(Secret("refresh-secret-\(name)"), expiresAt: nil))
    }

    @discardableResult
    func insert(_ label: String, into store: PostgresSessionStore) async throws -> VisitorSession {
        let session = VisitorSession(label: label, clientID: "client", tokens: tokens(label), at: Date())
        return try await store.insert(session, tokens: tokens(label), entry: JournalEntry.Draft(.set, actor: "test"))
    }
}
