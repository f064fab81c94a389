public import Foundation
import Synchronization

/// A response whose head has arrived. Its body is read piece by piece, by one reader.
public final class HTTPResponseStream: Sendable {
    /// Receiving pauses above this many unread bytes.
    private static let capacity = 1 << 18

    private struct State {
        var head: HTTPResponse?
        var bytes = Data()
        var isPaused = false
        var end: Result<Void, HTTPTransportError>?
        var waiter: CheckedContinuation<Bool, Never>?
        /// Keeps the transport alive until the exchange ends.
        var exchange: (transport: CurlTransport, loop: CurlLoop, transfer: CurlTransfer)?
    }

    private let state = Mutex(State())

    /// The status and headers. The body is empty.
    public var head: HTTPResponse {
        state.withLock { $0.head } ?? HTTPResponse(status: 0)
    }

    /// The next piece of the body. `nil`: the body is complete.
    public func next() async throws(HTTPTransportError) -> Data? {
        await wait { !$0.bytes.isEmpty }
        let (bytes, end, paused) = state.withLock { state in
            let (bytes, wasPaused) = (state.bytes, state.isPaused)
            (state.bytes, state.isPaused) = (Data(), false)
            return (bytes, state.end, wasPaused ? state.exchange : nil)
        }
        if let paused { paused.loop.send(.resume(paused.transfer)) }
        if bytes.isEmpty, case .failure(let error)? = end { throw error }
        return bytes.isEmpty ? nil : bytes
    }

    /// Cancels the exchange.
    public func cancel() {
        guard let exchange = state.withLock({ $0.exchange }) else { return }
        exchange.loop.send(.cancel(exchange.transfer))
    }

    func attach(to transfer: CurlTransfer, _ loop: CurlLoop, of transport: CurlTransport) {
        state.withLock { state in
            if state.end == nil { state.exchange = (transport, loop, transfer) }
        }
    }

    /// Throws if the exchange ends without a head.
    func waitForHead() async throws(HTTPTransportError) {
        await wait { $0.head != nil }
        let (head, end) = state.withLock { ($0.head, $0.end) }
        if head == nil, case .failure(let error)? = end { throw error }
    }

    /// Waits until `isReady` or the exchange has ended. Cancelling the task cancels the exchange.
    private func wait(until isReady: @Sendable (borrowing State) -> Bool) async {
        await withTaskCancellationHandler {
            while true {
                let isDone = await withCheckedContinuation { (continuation: CheckedContinuation<Bool, Never>) in
                    let isDone = state.withLock { state in
                        if isReady(state) || state.end != nil { return true }
                        state.waiter = continuation
                        return false
                    }
                    if isDone { continuation.resume(returning: true) }
                }
                if isDone { return }
            }
        } onCancel: {
            cancel()
        }
    }

    private func change<Value: Sendable>(_ body: (inout State) -> Value) -> Value {
        let (value, waiter) = state.withLock { state in (body(&state), state.waiter.take()) }
        waiter?.resume(returning: false)
        return value
    }

    // MARK: Called on the transport's thread

    func begin(_ head: HTTPResponse) {
        change { $0.head = head }
    }

    /// Returns `false` to receive the same bytes again after a resume.
    func receive(_ bytes: UnsafeRawBufferPointer) -> Bool {
        change { state in
            state.isPaused = state.bytes.count >= Self.capacity
            if !state.isPaused { state.bytes.append(contentsOf: bytes) }
            return !state.isPaused
        }
    }

    func end(_ failure: HTTPTransportError?) {
        change { state in
            state.end = failure.map { .failure($0) } ?? .success(())
            state.exchange = nil
        }
    }
}

extension HTTPResponse {
    /// The server's clock when it responded (RFC 9110, section 6.6.1). `nil`: unknown.
    public var serverDate: Date? {
        header("Date").flatMap { HTTPTime.date($0, now: Date()) }
    }
}
