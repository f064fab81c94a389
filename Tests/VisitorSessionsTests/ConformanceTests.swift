import Foundation
import Testing
import VisitorSessions
import VisitorSessionsTesting

struct ConformanceTests {
    @Test("The store in memory keeps the promise", .timeLimit(.minutes(1)), arguments: SessionStoreConformance.checks)
    func keepsThePromise(_ check: SessionStoreConformance.Check) async throws {
        try await check.run { InMemorySessionStore(now: $0) }
    }

    @Test("No two promises have one name")
    func namesAreUnique() {
        let names = SessionStoreConformance.checks.map(\.name)
        #expect(Set(names).count == names.count)
    }

    @Test("A store that forgets is found out", .timeLimit(.minutes(1)))
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

/// Finds no session by its ID, and is otherwise sound.
private struct ForgetfulStore: SessionStore {
    let store: InMemorySessionStore

    var name: String { store.name }

    func session(_ id: SessionID) -> VisitorSession? { nil }

    func opened(_ id: SessionID) -> OpenedSession? { nil }

    func sessions(named reference: String, limit: Int) -> [VisitorSession] {
        store.sessions(named: reference, limit: limit)
    }

    func page(_ query: SessionQuery) -> [VisitorSession] { store.page(query) }

    func census(at now: Date, policy: SessionPolicy) -> SessionCensus { store.census(at: now, policy: policy) }

    func insert(
        _ session: VisitorSession, tokens: Tokens, entry: JournalEntry.Draft
    ) throws(StoreError) -> VisitorSession {
        try store.insert(session, tokens: tokens, entry: entry)
    }

    func update(
        _ session: VisitorSession, tokens: Tokens?, entry: JournalEntry.Draft?
    ) throws(StoreError) -> VisitorSession {
        try store.update(session, tokens: tokens, entry: entry)
    }

    func lease(
        _ session: VisitorSession, to holder: String, for duration: Duration
    ) throws(StoreError) -> VisitorSession {
        try store.lease(session, to: holder, for: duration)
    }

    func history(of id: SessionID, limit: Int) -> [JournalEntry] { store.history(of: id, limit: limit) }

    func changes() -> AsyncStream<Void> { store.changes() }
}
