import Synchronization

/// A number that tests can wait for.
final class Threshold: Sendable {
    private struct State {
        var value = 0
        var lastNumber = 0
        var waiters: [(number: Int, target: Int, continuation: CheckedContinuation<Void, Never>)] = []
        var cancelled: Set<Int> = []
    }

    private let state = Mutex(State())

    func set(_ value: Int) {
        change { $0 = value }
    }

    func increment() {
        change { $0 += 1 }
    }

    /// Returns as soon as the number reaches `target`, or when the task is cancelled.
    func wait(untilAtLeast target: Int) async {
        let number = state.withLock { state in
            state.lastNumber += 1
            return state.lastNumber
        }
        await withTaskCancellationHandler {
            await withCheckedContinuation { continuation in
                let isThere = state.withLock { state in
                    if state.value >= target || state.cancelled.remove(number) != nil { return true }
                    state.waiters.append((number, target, continuation))
                    return false
                }
                if isThere { continuation.resume() }
            }
        } onCancel: {
            let waiter = state.withLock { state in
                guard let index = state.waiters.firstIndex(where: { $0.number == number }) else {
                    state.cancelled.insert(number)
                    return nil as CheckedContinuation<Void, Never>?
                }
                return state.waiters.remove(at: index).continuation
            }
            waiter?.resume()
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

/// Makes tasks wait until they are released, first come, first served.
final class Gate: Sendable {
    private struct State {
        var permits = 0
        var lastNumber = 0
        var waiting: [(number: Int, continuation: CheckedContinuation<Bool, Never>)] = []
        var cancelled: Set<Int> = []
    }

    private let state = Mutex(State())

    /// Lets `count` tasks through, now or when they arrive.
    func release(_ count: Int) {
        let released = state.withLock { state in
            state.permits += count
            let released = state.waiting.prefix(state.permits)
            state.waiting.removeFirst(released.count)
            state.permits -= released.count
            return released
        }
        for passer in released { passer.continuation.resume(returning: true) }
    }

    /// Waits to be released. Returns `false` if the task is cancelled first.
    func pass() async -> Bool {
        let number = state.withLock { state in
            state.lastNumber += 1
            return state.lastNumber
        }
        return await withTaskCancellationHandler {
            await withCheckedContinuation { continuation in
                let decided: Bool? = state.withLock { state in
                    if state.cancelled.remove(number) != nil { return false }
                    if state.permits > 0 {
                        state.permits -= 1
                        return true
                    }
                    state.waiting.append((number, continuation))
                    return nil
                }
                if let decided { continuation.resume(returning: decided) }
            }
        } onCancel: {
            let passer = state.withLock { state in
                guard let index = state.waiting.firstIndex(where: { $0.number == number }) else {
                    state.cancelled.insert(number)
                    return nil as CheckedContinuation<Bool, Never>?
                }
                return state.waiting.remove(at: index).continuation
            }
            passer?.resume(returning: false)
        }
    }
}
