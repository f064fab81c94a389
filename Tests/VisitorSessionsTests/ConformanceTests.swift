import Foundation
import Testing
import VisitorSessions
import VisitorSessionsTesting

struct ConformanceTests {
    @Test("The in-memory store conforms", .timeLimit(.minutes(1)), arguments: SessionStoreConformance.checks)
    func keepsThePromise(_ check: SessionStoreConformance.Check) async throws {
        try await check.run { InMemorySessionStore(now: $0) }
    }

    @Test("Conformance checks have unique names")
    func namesAreUnique() {
        let names = SessionStoreConformance.checks.map(\.name)
        #expect(Set(names).count == names.count)
    }

    @Test("The conformance suite detects a store that loses data", .timeLimit(.minutes(5)))
    func findsFailures() async throws {
        var failures = 0
        for check in SessionStoreConformance.checks {
            do {
                try await check.run { ForgetfulStore(store: InMemorySessionStore(now: $0)) }
            } catch is ConformanceFailure {
                failures += 1
            }
        }
        #expect(failures > 5)
    }
}

/// Finds no session by its ID, and conforms otherwise.
private struct ForgetfulStore: ForwardingStore {
    let store: InMemorySessionStore

    func session(_ id: SessionID) -> VisitorSession? { nil }
    func opened(_ id: SessionID) -> OpenedSession? { nil }
}
