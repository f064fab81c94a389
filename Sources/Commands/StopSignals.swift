import Foundation
import Synchronization

/// SIGINT and SIGTERM as something that can be waited for.
final class StopSignals: Sendable {
    private struct State {
        var first: Int32?
        var count = 0
    }

    private let stream: AsyncStream<Void>
    private let state: Received
    private nonisolated(unsafe) let sources: [any DispatchSourceSignal]

    /// The number of the first signal that has come. `nil`: none.
    var received: Int32? { state.value.withLock(\.first) }

    /// - Parameter limit: The signal that ends the process at once, counted from 1.
    init(endingAt limit: Int = 2) {
        let (stream, continuation) = AsyncStream.makeStream(of: Void.self, bufferingPolicy: .bufferingNewest(limit))
        let state = Received()
        self.stream = stream
        self.state = state
        let registering = DispatchGroup()
        sources = [SIGINT, SIGTERM].map { number in
            registering.enter()
            signal(number, SIG_IGN)
            let source = DispatchSource.makeSignalSource(signal: number, queue: .global())
            source.setEventHandler {
                let count = state.value.withLock { state in
                    state.first = state.first ?? number
                    state.count += 1
                    return state.count
                }
                if count >= limit { _exit(128 + number) }
                continuation.yield()
            }
            source.setRegistrationHandler { registering.leave() }
            source.resume()
            return source
        }
        // Until then a signal would be ignored, and its sender would wait.
        _ = registering.wait(timeout: .now() + 2)
    }

    deinit {
        for source in sources { source.cancel() }
    }

    /// Returns when the next one has come, and when the task is cancelled.
    func wait() async {
        for await _ in stream { return }
    }

    private final class Received: Sendable {
        let value = Mutex(State())
    }
}

/// A command was stopped before it had done everything.
struct StoppedBySignal: Error {
    var number: Int32

    /// What that means for the session, where one was at stake.
    var meaning: String?
}
