import Synchronization

/// Work that goes on whatever becomes of those who wait for it: the place where they wait.
final class Flight<Value: Sendable>: Sendable {
    private struct State {
        var result: Result<Value, SessionError>?
        var waiters: [Int: CheckedContinuation<Result<Value, SessionError>, Never>] = [:]
        var lastNumber = 0
        /// Those who were cancelled before they came to wait.
        var cancelled: Set<Int> = []
    }

    private let state = Mutex(State())

    /// Tells everybody, now and later. The first result counts.
    func land(_ result: Result<Value, SessionError>) {
        let waiters = state.withLock { state in
            guard state.result == nil else { return [CheckedContinuation<Result<Value, SessionError>, Never>]() }
            state.result = result
            defer { state.waiters = [:] }
            return Array(state.waiters.values)
        }
        for waiter in waiters { waiter.resume(returning: result) }
    }

    /// Waits for the result. A waiter whose own task is cancelled goes away at once, alone.
    func result() async throws(SessionError) -> Value {
        let number = state.withLock { state in
            state.lastNumber += 1
            return state.lastNumber
        }
        let result = await withTaskCancellationHandler {
            await withCheckedContinuation { waiter in
                let known: Result<Value, SessionError>? = state.withLock { state in
                    if let result = state.result { return result }
                    if state.cancelled.remove(number) != nil { return Self.cancelled }
                    state.waiters[number] = waiter
                    return nil
                }
                if let known { waiter.resume(returning: known) }
            }
        } onCancel: {
            let waiter = state.withLock { state in
                if state.result == nil, state.waiters[number] == nil { state.cancelled.insert(number) }
                return state.waiters.removeValue(forKey: number)
            }
            waiter?.resume(returning: Self.cancelled)
        }
        return try result.get()
    }

    private static var cancelled: Result<Value, SessionError> {
        .failure(SessionError(.cancelled, "Nobody waits any more. What was under way goes on, and is stored."))
    }
}
