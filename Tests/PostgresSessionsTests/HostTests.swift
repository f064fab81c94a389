import Foundation
import TestProcesses
import Testing
import VisitorSessions

@testable import PostgresSessions

/// Hosts that are not as they should be, and do no harm to the others.
@Suite(.enabled(if: PostgresCluster.isInstalled, PostgresCluster.missing), .timeLimit(.minutes(2)))
struct HostTests {
    @Test("What a host puts away whose clock is behind is kept for its grace period, by the server's clock")
    func clockBehind() async throws {
        let database = try TestDatabase()
        let store = try database.open()
        var session = try await database.insert("one", into: store)
        session.discardedAt = Date() - .seconds(7 * 86_400)
        let discarded = try await store.update(session, tokens: nil, entry: nil)
        #expect(discarded.discardedAt.map { abs($0.timeIntervalSinceNow) < 3600 } == true)
        let retention = Retention(gracePeriod: .seconds(86_400))
        #expect(try await store.tidy(retention, by: "test", batch: 9) == Tidied())
        #expect(try await store.session(session.id) == discarded)
    }
}
