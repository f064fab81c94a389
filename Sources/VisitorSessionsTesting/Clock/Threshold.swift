import Synchronization

/// A number that tests wait for: to return as soon as it is as great as they want it.
final class Threshold: Sendable {
    private struct State {
        var value = 0
        var waiters: [(target: Int, continuation: CheckedContinuation<Void, Never>)] = []
    }

    private let state = Mutex(State())

    func set(_ value: Int) {
        change { $0 = value }
    }

    func increment() {
        change { $0 += 1 }
    }

    /// Returns as soon as the number has been at least `target`.
    func reaches(_ target: Int) async {
        await withCheckedContinuation { continuation in
            let isThere = state.withLock { state in
                if state.value >= target { return true }
                state.waiters.append((target, continuation))
                return false
            }
            if isThere { continuation.resume() }
        }
    }

    private func change(_ body: (inout Int) -> Void) {
        let woken = state.withLock { state in
            body(&state.value)
            let value = state.value
            let woken = state.waiters.filter { $0.target <= value }
            state.waiters.removeAll { $0.target <= value }
            return woken
        }
        for waiter in woken { waiter.continuation.resume() }
    }
}
