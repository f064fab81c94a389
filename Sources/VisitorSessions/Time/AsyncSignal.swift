import Synchronization

/// A signal for one waiter. A signal without a waiter is kept for the next wait.
final class AsyncSignal: Sendable {
    private enum State {
        case idle, signaled
        case awaited(CheckedContinuation<Void, Never>)
    }

    private let state = Mutex(State.idle)

    func signal() {
        let waiter: CheckedContinuation<Void, Never>? = state.withLock { state in
            guard case .awaited(let waiter) = state else {
                state = .signaled
                return nil
            }
            state = .idle
            return waiter
        }
        waiter?.resume()
    }

    /// Returns when signaled, after `limit`, or at once if the task is cancelled.
    func wait(atMost limit: Duration, on clock: any Clock<Duration>) async {
        let timeout = Task {
            do {
                try await clock.sleep(for: limit)
                signal()
            } catch {
                // Cancelled: the signal was already consumed.
            }
        }
        await wait()
        timeout.cancel()
    }

    /// Returns when signaled, or at once if the task is cancelled.
    func wait() async {
        await withTaskCancellationHandler {
            await withCheckedContinuation { continuation in
                let isSignaled = state.withLock { state in
                    if case .signaled = state {
                        state = .idle
                        return true
                    }
                    state = .awaited(continuation)
                    return false
                }
                if isSignaled { continuation.resume() }
            }
        } onCancel: {
            signal()
        }
    }
}
