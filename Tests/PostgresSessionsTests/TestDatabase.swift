import Foundation
import TestProcesses
import VisitorSessions

@testable import PostgresSessions

/// A database of a test's own, and the stores on it.
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
