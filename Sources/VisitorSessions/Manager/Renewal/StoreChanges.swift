import Synchronization

/// Waits for a store to change, without polling it: for one waiter.
final class StoreChanges: Sendable {
    private let bell = Bell()
    private let store: any SessionStore
    private let listening = Mutex<Task<Void, Never>?>(nil)

    /// Listens from the first wait on.
    init(_ store: any SessionStore) {
        self.store = store
    }

    /// Returns at the next change since the last call, at once if the task is cancelled, and after `limit` on `clock`.
    ///
    /// The first call returns at once: nothing was listening before, so the store has to be read again.
    func wait(atMost limit: Duration, on clock: any Clock<Duration>) async {
        if !listen() { await bell.wait(atMost: limit, on: clock) }
    }

    /// The same without a limit.
    func wait() async {
        if !listen() { await bell.wait() }
    }

    /// Stops listening.
    func end() {
        listening.withLock { $0?.cancel() }
    }

    /// Returns whether it has started listening just now.
    private func listen() -> Bool {
        listening.withLock { listening in
            guard listening == nil else { return false }
            let changes = store.changes()
            listening = Task { [bell] in
                for await _ in changes { bell.ring() }
            }
            return true
        }
    }
}
