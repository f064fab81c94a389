import Foundation
import Synchronization
import VisitorSessions
import WixHeadless

extension Workbench {
    /// Runs work that may wait for the issuer. Ctrl-C and SIGTERM end it at once: requests in flight are cancelled, what that
    /// means for the session is stored, and said (``StoppedBySignal``).
    func interruptible<Value: Sendable>(_ work: @escaping @Sendable () async throws -> Value) async throws -> Value {
        let signals = StopSignals()
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

    /// Signals for a command that does many things: the first one lets what is running finish, the second one cancels it, and
    /// the third one ends the process.
    func stopGently() -> StopSignals {
        let signals = StopSignals(endingAt: 3)
        Task {
            await signals.wait()
            if isatty(STDERR_FILENO) == 1 { StandardError.say("Finishing what is running. Ctrl-C again cancels it.") }
            await signals.wait()
            await cancelRequests()
        }
        return signals
    }

    /// Cancels requests in flight, sends no more, and waits a moment until what became of them is stored.
    func cancelRequests() async {
        transport.close()
        _ = await manager.finish(within: .seconds(1))
    }

    private static func meaning(of error: any Error) -> String {
        if let error = error as? SessionError, error.kind == .cancelled, error.cause == nil {
            return "Cancelled before anything was sent. The session is unchanged."
        }
        return Failure(error)?.message ?? "Cancelled."
    }
}

/// A transport that tells a person at a terminal whom a command waits for, once that takes longer than two seconds.
struct AnnouncingTransport: HTTPTransport {
    private let transport = CurlTransport()
    private let announcement: WaitAnnouncement

    /// - Parameter isSilent: For programs that have the terminal to themselves.
    init(isSilent: Bool) {
        announcement = WaitAnnouncement(isShown: !isSilent && isatty(STDERR_FILENO) == 1)
    }

    func close() {
        transport.close()
    }

    func open(
        _ request: HTTPRequest, body: HTTPFileBody?
    ) async throws(HTTPTransportError) -> HTTPAnswerStream {
        announcement.begin(request.url)
        defer { announcement.end() }
        return try await transport.open(request, body: body)
    }

    func send(_ request: HTTPRequest) async throws(HTTPTransportError) -> HTTPResponse {
        announcement.begin(request.url)
        defer { announcement.end() }
        return try await transport.send(request)
    }
}

/// The line on standard error that says whom a command waits for, and for how long. There is none where nobody looks.
final class WaitAnnouncement: Sendable {
    private struct State {
        var waiting = 0
        var timer: (any DispatchSourceTimer)?
        var isShown = false
    }

    private let isEnabled: Bool
    private let state = Mutex(State())

    init(isShown: Bool) {
        isEnabled = isShown
    }

    func begin(_ url: URL) {
        guard isEnabled else { return }
        let host = [url.host(), url.port.map(String.init)].compactMap(\.self).joined(separator: ":")
        state.withLock { state in
            state.waiting += 1
            guard state.waiting == 1 else { return }
            let start = ContinuousClock.now
            let timer = DispatchSource.makeTimerSource(queue: .global())
            timer.setEventHandler { [self] in
                self.state.withLock { state in
                    guard state.waiting > 0 else { return }
                    state.isShown = true
                    let seconds = (ContinuousClock.now - start).components.seconds
                    StandardError.show("Waiting for \(host) … \(seconds) s (Ctrl-C cancels)")
                }
            }
            timer.schedule(deadline: .now() + 2, repeating: 1)
            timer.resume()
            state.timer = timer
        }
    }

    func end() {
        guard isEnabled else { return }
        state.withLock { state in
            state.waiting -= 1
            guard state.waiting == 0 else { return }
            state.timer?.cancel()
            state.timer = nil
            if state.isShown { StandardError.show("") }
            state.isShown = false
        }
    }
}
