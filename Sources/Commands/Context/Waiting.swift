import Foundation
import Synchronization
import TerminalText
import VisitorSessions
import WixHeadless

extension CommandContext {
    /// Runs work that may wait for the issuer. Ctrl-C and SIGTERM stop it at once: requests in flight are cancelled,
    /// and what that means for the session is stored and reported (``StoppedBySignal``).
    ///
    /// - Parameter isAnnounced: Whether to also announce waits before the request is sent: for another process, the
    ///   request budget or a pause.
    func interruptible<Value: Sendable>(
        isAnnounced: Bool = true, _ work: @escaping @Sendable () async throws -> Value
    ) async throws -> Value {
        let signals = StopSignals()
        if isAnnounced { transport.announcement.begin("to send the request") }
        defer { if isAnnounced { transport.announcement.end("to send the request") } }
        let task = Task { try await work() }
        let watching = Task {
            await signals.wait()
            guard signals.received != nil else { return }
            await cancelRequests()
            task.cancel()
        }
        defer { watching.cancel() }
        do {
            return try await task.value
        } catch {
            guard let number = signals.received else { throw error }
            throw StoppedBySignal(number: number, meaning: Self.meaning(of: error))
        }
    }

    /// Signal handling for bulk commands: the first signal finishes running work, the second cancels it, the third ends
    /// the process.
    func gracefulStop() -> StopSignals {
        let signals = StopSignals(endingAt: 3)
        Task {
            await signals.wait()
            if isatty(STDERR_FILENO) == 1 {
                StandardError.say("Waiting for running requests to finish. Press Ctrl-C again to cancel them.")
            }
            await signals.wait()
            await cancelRequests()
        }
        return signals
    }

    /// Cancels requests in flight, and waits up to a second for their outcome to be stored.
    func cancelRequests() async {
        transport.close()
        _ = await manager.finish(within: .seconds(1))
    }

    private static func meaning(of error: any Error) -> String {
        if let error = error as? SessionError, error.kind == .cancelled, error.cause == nil {
            return "Cancelled. No tokens were changed."
        }
        return Failure(error)?.message ?? "Cancelled."
    }
}

/// A transport that shows which host a command is waiting for, after two seconds and only on a terminal.
struct AnnouncingTransport: HTTPTransport {
    private let transport = CurlTransport()
    let announcement: WaitAnnouncement

    /// - Parameter isSilent: Whether to show nothing, as when the program draws on the terminal itself.
    init(isSilent: Bool) {
        announcement = WaitAnnouncement(isShown: !isSilent && isatty(STDERR_FILENO) == 1)
    }

    func close() {
        transport.close()
    }

    func open(
        _ request: HTTPRequest, body: HTTPFileBody?
    ) async throws(HTTPTransportError) -> HTTPResponseStream {
        let host = Self.host(request.url)
        announcement.begin(host)
        defer { announcement.end(host) }
        return try await transport.open(request, body: body)
    }

    func send(_ request: HTTPRequest) async throws(HTTPTransportError) -> HTTPResponse {
        let host = Self.host(request.url)
        announcement.begin(host)
        defer { announcement.end(host) }
        return try await transport.send(request)
    }

    private static func host(_ url: URL) -> String {
        "for " + [url.host(), url.port.map(String.init)].compactMap(\.self).joined(separator: ":")
    }
}

/// The line on standard error that says what a command waits for, and for how long. Shown only on a terminal.
final class WaitAnnouncement: Sendable {
    private struct State {
        /// The current waits; the last one is shown.
        var waits: [(what: String, since: ContinuousClock.Instant)] = []
        var timer: (any DispatchSourceTimer)?
        var isShown = false
    }

    private let isEnabled: Bool
    private let state = Mutex(State())

    init(isShown: Bool) {
        isEnabled = isShown
    }

    /// - Parameter what: The words after "Waiting".
    func begin(_ what: String) {
        guard isEnabled else { return }
        state.withLock { state in
            state.waits.append((what, .now))
            guard state.timer == nil else { return }
            let timer = DispatchSource.makeTimerSource(queue: .global())
            timer.setEventHandler { [weak self] in self?.show() }
            timer.schedule(deadline: .now() + 2, repeating: 1)
            timer.resume()
            state.timer = timer
        }
    }

    func end(_ what: String) {
        guard isEnabled else { return }
        state.withLock { state in
            if let index = state.waits.lastIndex(where: { $0.what == what }) { state.waits.remove(at: index) }
            guard state.waits.isEmpty || state.isShown else { return }
            if state.isShown { StandardError.show("") }
            state.isShown = false
            guard state.waits.isEmpty else { return }
            state.timer?.cancel()
            state.timer = nil
        }
    }

    private func show() {
        state.withLock { state in
            guard let (what, since) = state.waits.last else { return }
            let seconds = (ContinuousClock.now - since).components.seconds
            guard seconds >= 2 else { return }
            state.isShown = true
            StandardError.show("Waiting \(what) … \(seconds) s (Ctrl-C cancels)")
        }
    }
}

/// Lets tasks wait for SIGINT and SIGTERM. While an instance exists, they end the process only when their
/// count reaches its limit.
final class StopSignals: Sendable {
    private final class State: Sendable {
        let received = Mutex<(first: Int32?, count: Int)>((nil, 0))
        let limit: Int
        let (stream, continuation): (AsyncStream<Void>, AsyncStream<Void>.Continuation)

        init(limit: Int) {
            self.limit = limit
            (stream, continuation) = AsyncStream.makeStream(of: Void.self, bufferingPolicy: .bufferingNewest(limit))
        }

        func take(_ number: Int32) {
            let count = received.withLock { received in
                received = (received.first ?? number, received.count + 1)
                return received.count
            }
            if count >= limit { _exit(128 + number) }
            continuation.yield()
        }
    }

    private static let instances = Mutex<[ObjectIdentifier: State]>([:])

    /// Kept for the life of the process, because a source created after a cancelled one gets no signals.
    private nonisolated(unsafe) static let sources: [any DispatchSourceSignal] = {
        let registering = DispatchGroup()
        let sources = [SIGINT, SIGTERM].map { number in
            registering.enter()
            signal(number, SIG_IGN)
            let source = DispatchSource.makeSignalSource(signal: number, queue: .global())
            source.setEventHandler {
                let states = instances.withLock { Array($0.values) }
                if states.isEmpty { _exit(128 + number) }
                for state in states { state.take(number) }
            }
            source.setRegistrationHandler { registering.leave() }
            source.resume()
            return source
        }
        // Until the sources are registered, the signals are ignored.
        _ = registering.wait(timeout: .now() + 2)
        return sources
    }()

    private let state: State

    /// The first signal received, or `nil`.
    var received: Int32? { state.received.withLock(\.first) }

    /// - Parameter limit: How many signals it takes to end the process immediately.
    init(endingAt limit: Int = 2) {
        let state = State(limit: limit)
        self.state = state
        Self.instances.withLock { $0[ObjectIdentifier(state)] = state }
        _ = Self.sources
    }

    deinit {
        let id = ObjectIdentifier(state)
        Self.instances.withLock { $0[id] = nil }
    }

    /// Returns at the next signal, or when the task is cancelled.
    func wait() async {
        for await _ in state.stream { return }
    }
}

/// A signal stopped the command before it was done.
struct StoppedBySignal: Error {
    var number: Int32

    /// What that means for the session, if one was affected.
    var meaning: String?
}

/// Blocks the process's main thread until a task ends. Never call it from a task.
enum Blocking {
    static func run<Value: Sendable>(_ work: @escaping @Sendable () async throws -> Value) throws -> Value {
        let done = DispatchSemaphore(value: 0)
        let outcome = Mutex<Result<Value, any Error>?>(nil)
        let task = Task { try await work() }
        Task {
            let result = await task.result
            outcome.withLock { $0 = result }
            done.signal()
        }
        done.wait()
        guard let result = outcome.withLock(\.self) else { throw CancellationError() }
        return try result.get()
    }

    static func run(_ work: @escaping @Sendable () async -> Void) {
        let done = DispatchSemaphore(value: 0)
        Task {
            await work()
            done.signal()
        }
        done.wait()
    }
}
