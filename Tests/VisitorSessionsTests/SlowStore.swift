import Foundation
import Synchronization
import VisitorSessions

/// A store whose first answer is on its way until it is let go.
final class SlowStore: ForwardingStore {
    let store: InMemorySessionStore
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
}
