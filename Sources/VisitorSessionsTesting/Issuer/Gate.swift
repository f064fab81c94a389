import Synchronization

/// A gate that lets through as many as it was told to, in the order in which they came.
final class Gate: Sendable {
    private struct State {
        var permits = 0
        var lastNumber = 0
        var waiting: [(number: Int, continuation: CheckedContinuation<Bool, Never>)] = []
        /// Those who were cancelled before they came to the gate.
        var cancelled: Set<Int> = []
    }

    private let state = Mutex(State())

    /// Lets `count` through, now or when they come.
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

    /// Waits to be let through. Returns whether it was; it is not where the task is cancelled.
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
