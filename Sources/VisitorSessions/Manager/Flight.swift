import Synchronization

/// Work that goes on whatever becomes of those who wait for it.
struct Flight<Value: Sendable>: Sendable {
    private let task: Task<Result<Value, SessionError>, Never>

    init(_ work: @escaping @Sendable () async -> Result<Value, SessionError>) {
        task = Task { await work() }
    }

    /// Waits for the result. A waiter whose own task is cancelled goes away at once, alone.
    func result() async throws(SessionError) -> Value {
        let waiter = Waiter()
        let result = await withTaskCancellationHandler {
            await withCheckedContinuation { continuation in
                waiter.begin(continuation)
                Task { waiter.end(await task.value) }
            }
        } onCancel: {
            waiter.end(
                .failure(SessionError(.cancelled, "Nobody waits any more. What was under way goes on, and is stored.")))
        }
        return try result.get()
    }

    /// Hands the first of two ends to a continuation.
    private final class Waiter: Sendable {
        private enum State {
            case fresh
            case waiting(CheckedContinuation<Result<Value, SessionError>, Never>)
            case ended(Result<Value, SessionError>)
        }

        private let state = Mutex(State.fresh)

        func begin(_ continuation: CheckedContinuation<Result<Value, SessionError>, Never>) {
            let early: Result<Value, SessionError>? = state.withLock { state in
                if case .ended(let result) = state { return result }
                state = .waiting(continuation)
                return nil
            }
            if let early { continuation.resume(returning: early) }
        }

        func end(_ result: Result<Value, SessionError>) {
            let continuation: CheckedContinuation<Result<Value, SessionError>, Never>? = state.withLock { state in
                switch state {
                case .ended: return nil
                case .fresh:
                    state = .ended(result)
                    return nil
                case .waiting(let continuation):
                    state = .ended(result)
                    return continuation
                }
            }
            continuation?.resume(returning: result)
        }
    }
}
