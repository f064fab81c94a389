import Foundation
import Synchronization
import VisitorSessions

/// A store whose first answer is on its way until it is let go.
final class SlowStore: SessionStore {
    private let store: InMemorySessionStore
    private let isFirst = Mutex(true)
    private let reading = AsyncStream.makeStream(of: Void.self)
    private let going = AsyncStream.makeStream(of: Void.self)

    init(_ store: InMemorySessionStore) {
        self.store = store
    }

    /// Returns when the first answer is on its way.
    func waitForReader() async {
        for await _ in reading.stream { return }
    }

    func letGo() {
        going.continuation.yield()
    }

    var name: String { store.name }

    func opened(_ id: SessionID) async throws(StoreError) -> OpenedSession? {
        let answer = try store.opened(id)
        let isHeld = isFirst.withLock { isFirst in
            defer { isFirst = false }
            return isFirst
        }
        if isHeld {
            reading.continuation.yield()
            for await _ in going.stream { break }
        }
        return answer
    }

    func session(_ id: SessionID) throws(StoreError) -> VisitorSession? { store.session(id) }
    func sessions(named reference: String, limit: Int) throws(StoreError) -> [VisitorSession] {
        store.sessions(named: reference, limit: limit)
    }
    func page(_ query: SessionQuery) throws(StoreError) -> [VisitorSession] { store.page(query) }
    func census(at now: Date, policy: SessionPolicy) throws(StoreError) -> SessionCensus {
        store.census(at: now, policy: policy)
    }
    func history(of id: SessionID, limit: Int) throws(StoreError) -> [JournalEntry] {
        store.history(of: id, limit: limit)
    }
    func changes() -> AsyncStream<Void> { store.changes() }

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
}
