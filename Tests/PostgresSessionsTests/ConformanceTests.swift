import PostgresSessions
import TestProcesses
import Testing
import VisitorSessions
import VisitorSessionsTesting

@Suite(.enabled(if: PostgresCluster.isInstalled, PostgresCluster.missing))
struct ConformanceTests {
    @Test(
        "The PostgreSQL store conforms", .timeLimit(.minutes(2)), arguments: SessionStoreConformance.checks)
    func conforms(_ check: SessionStoreConformance.Check) async throws {
        let database = try TestDatabase()
        try await check.run { now in try database.open(now: now) }
    }
}
