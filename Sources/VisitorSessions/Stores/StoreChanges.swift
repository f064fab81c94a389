import Synchronization

/// Lets one waiter wait for a store to change, without polling.
final class StoreChanges: Sendable {
    private let signal = AsyncSignal()
    private let store: any SessionStore
    private let listening = Mutex<Task<Void, Never>?>(nil)

    /// Starts listening with the first wait.
    init(_ store: any SessionStore) {
        self.store = store
    }

    /// Returns when the store has changed since the last call, when the task is cancelled, or after `limit` on `clock`.
    ///
    /// The first call returns at once: nothing was listening before, so the store has to be read again.
    func wait(atMost limit: Duration, on clock: any Clock<Duration>) async {
        if !listen() { await signal.wait(atMost: limit, on: clock) }
    }

    /// The same without a limit.
    func wait() async {
        if !listen() { await signal.wait() }
    }

    /// Stops listening.
    func end() {
        listening.withLock { $0?.cancel() }
    }

    /// Returns whether listening has just started.
    private func listen() -> Bool {
        listening.withLock { listening in
            guard listening == nil else { return false }
            let changes = store.changes()
            listening = Task { [signal] in
                for await _ in changes { signal.signal() }
            }
            return true
        }
    }
}

/// Passes "something may have changed" on to any number of streams. Knows when the first one subscribes and the last
/// one ends.
package final class ChangeSignal: Sendable {
    private struct Subscribers {
        var continuations: [Int: AsyncStream<Void>.Continuation] = [:]
        var next = 0
    }

    private let subscribers = Mutex(Subscribers())

    package init() {}

    /// A new stream. `whenFirst` is called if there was none before, and `whenLast` when none is left.
    package func subscribe(
        whenFirst: @Sendable () -> Void = {}, whenLast: @escaping @Sendable () -> Void = {}
    ) -> AsyncStream<Void> {
        let (stream, continuation) = AsyncStream.makeStream(of: Void.self, bufferingPolicy: .bufferingNewest(1))
        let number = subscribers.withLock { subscribers in
            subscribers.next += 1
            subscribers.continuations[subscribers.next] = continuation
            if subscribers.continuations.count == 1 { whenFirst() }
            return subscribers.next
        }
        continuation.onTermination = { [weak self] _ in
            self?.subscribers.withLock { subscribers in
                let wasThere = subscribers.continuations.removeValue(forKey: number) != nil
                if wasThere, subscribers.continuations.isEmpty { whenLast() }
            }
        }
        return stream
    }

    package func send() {
        let continuations = subscribers.withLock { Array($0.continuations.values) }
        for continuation in continuations { continuation.yield() }
    }

    deinit {
        let continuations = subscribers.withLock { Array($0.continuations.values) }
        for continuation in continuations { continuation.finish() }
    }
}
