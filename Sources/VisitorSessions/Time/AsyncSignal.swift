import Synchronization

/// Something to wait for that may happen at any time, or not: for one waiter. A ring that nobody waits for is kept
/// for the next one who does.
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

    /// Returns as soon as it rings, at the latest after `limit`, and at once where the task is cancelled.
    func wait(atMost limit: Duration, on clock: any Clock<Duration>) async {
        let timeout = Task {
            do {
                try await clock.sleep(for: limit)
                signal()
            } catch {
                // Cancelled: it has rung before.
            }
        }
        await wait()
        timeout.cancel()
    }

    /// Returns as soon as it rings, and at once where the task is cancelled.
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
