import Synchronization

/// Hands "something may have changed" on to any number of streams, and says when the first one comes and the
/// last one goes.
package final class ChangeSignal: Sendable {
    private struct Subscribers {
        var continuations: [Int: AsyncStream<Void>.Continuation] = [:]
        var next = 0
    }

    private let subscribers = Mutex(Subscribers())

    package init() {}

    /// A new stream. `whenFirst` is called where there was none before, and `whenLast` when none is left.
    package func subscribe(
        whenFirst: @Sendable () -> Void, whenLast: @escaping @Sendable () -> Void
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
