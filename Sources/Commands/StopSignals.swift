import Foundation
import Synchronization

/// SIGINT and SIGTERM as something that can be waited for. The second one ends the process at once.
final class StopSignals: Sendable {
    private let stream: AsyncStream<Void>
    private let first: FirstSignal
    private nonisolated(unsafe) let sources: [any DispatchSourceSignal]

    /// The number of the signal that has come. `nil`: none.
    var received: Int32? { first.number.withLock(\.self) }

    init() {
        let (stream, continuation) = AsyncStream.makeStream(of: Void.self, bufferingPolicy: .bufferingNewest(1))
        let first = FirstSignal()
        self.stream = stream
        self.first = first
        let registering = DispatchGroup()
        sources = [SIGINT, SIGTERM].map { number in
            registering.enter()
            signal(number, SIG_IGN)
            let source = DispatchSource.makeSignalSource(signal: number, queue: .global())
            source.setEventHandler {
                let isSecond = first.number.withLock { earlier in
                    defer { earlier = number }
                    return earlier != nil
                }
                if isSecond { _exit(128 + number) }
                continuation.yield()
            }
            source.setRegistrationHandler { registering.leave() }
            source.resume()
            return source
        }
        // Until then a signal would be ignored, and whoever sent it would wait.
        _ = registering.wait(timeout: .now() + 2)
    }

    deinit {
        for source in sources { source.cancel() }
    }

    /// Returns when one has come.
    func wait() async {
        for await _ in stream { return }
    }

    private final class FirstSignal: Sendable {
        let number = Mutex<Int32?>(nil)
    }
}

/// A command was stopped before it had done all.
struct StoppedBySignal: Error {
    var number: Int32
}
