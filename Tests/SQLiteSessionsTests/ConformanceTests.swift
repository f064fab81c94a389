import Foundation
import SQLiteSessions
import Testing
import VisitorSessions
import VisitorSessionsTesting

struct ConformanceTests {
    @Test("The SQLite store conforms", .timeLimit(.minutes(2)), arguments: SessionStoreConformance.checks)
    func conforms(_ check: SessionStoreConformance.Check) async throws {
        let place = try TemporaryStore()
        try await check.run { now in try SQLiteSessionStore.open(at: place.url, key: place.key, now: now) }
    }
}
