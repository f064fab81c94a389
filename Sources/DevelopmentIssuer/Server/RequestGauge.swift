import Synchronization

/// Counts the requests that are under way.
final class RequestGauge: Sendable {
    private let value = Mutex(0)

    var count: Int { value.withLock { $0 } }

    func enter() { value.withLock { $0 += 1 } }
    func leave() { value.withLock { $0 -= 1 } }
}
