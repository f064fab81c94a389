import Synchronization

/// Waits for a store to change, without asking it again and again: for one waiter.
final class StoreChanges: Sendable {
    private let bell = Bell()
    private let timing: Timing
    private let store: any SessionStore
    private let listening = Mutex<Task<Void, Never>?>(nil)

    /// Listens from the first wait on.
    init(_ store: any SessionStore, timing: Timing) {
        self.store = store
        self.timing = timing
    }

    /// Returns at the next change since the last call, at `instant` at the latest, and at once where the task is
    /// cancelled.
    ///
    /// The first call returns at once: nobody has listened before, and the store has to be looked at again.
    func wait(until instant: Duration?) async {
        guard !listen() else { return }
        guard let instant else { return await bell.wait() }
        await bell.wait(atMost: instant - timing.clock.elapsed(), on: timing.ticks)
    }

    /// Listens no more.
    func end() {
        listening.withLock { $0?.cancel() }
    }

    /// Returns whether it has begun just now.
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
