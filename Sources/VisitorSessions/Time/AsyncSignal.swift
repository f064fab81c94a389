import Synchronization

/// A signal for one waiter. A signal without a waiter is kept for the next wait.
final class AsyncSignal: Sendable {
    private enum State {
        case quiet, rung
        case awaited(CheckedContinuation<Void, Never>)
    }

    private let state = Mutex(State.quiet)

    func signal() {
        let waiter: CheckedContinuation<Void, Never>? = state.withLock { state in
            guard case .awaited(let waiter) = state else {
                state = .rung
                return nil
            }
            state = .quiet
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
                let isRung = state.withLock { state in
                    if case .rung = state {
                        state = .quiet
                        return true
                    }
                    state = .awaited(continuation)
                    return false
                }
                if isRung { continuation.resume() }
            }
        } onCancel: {
            signal()
        }
    }
}
