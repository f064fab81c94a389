public import Foundation
import Synchronization

/// Collects a whole response, up to a size limit.
final class BufferedResponse: ResponseReceiver {
    typealias Outcome = Result<HTTPResponse, HTTPTransportError>

    private struct State {
        var response = HTTPResponse(status: 0)
        var isTooLarge = false
        var outcome: Outcome?
        var waiter: CheckedContinuation<Outcome, Never>?
    }

    private let url: URL
    private let limit: Int
    private let state = Mutex(State())

    init(_ url: URL, limit: Int) {
        self.url = url
        self.limit = limit
    }

    func result() async -> Outcome {
        await withCheckedContinuation { continuation in
            let outcome = state.withLock { state in
                if state.outcome == nil { state.waiter = continuation }
                return state.outcome
            }
            if let outcome { continuation.resume(returning: outcome) }
        }
    }

    func begin(_ head: HTTPResponse) {
        state.withLock { $0.response = head }
    }

    func receive(_ bytes: UnsafeRawBufferPointer) -> CurlTransfer.ReceiveResult {
        state.withLock { state in
            guard state.response.body.count + bytes.count <= limit else {
                state.isTooLarge = true
                return .tooLarge
            }
            state.response.body.append(contentsOf: bytes)
            return .accepted
        }
    }

    func end(_ failure: HTTPTransportError?) {
        let (waiter, outcome) = state.withLock { state in
            let outcome: Outcome =
                if let failure {
                    .failure(state.isTooLarge ? .oversize(url, limit: limit) : failure)
                } else {
                    .success(state.response)
                }
            state.outcome = outcome
            return (state.waiter.take(), outcome)
        }
        waiter?.resume(returning: outcome)
    }
}

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
}

extension HTTPResponseStream: ResponseReceiver {
    func begin(_ head: HTTPResponse) {
        change { $0.head = head }
    }

    func receive(_ bytes: UnsafeRawBufferPointer) -> CurlTransfer.ReceiveResult {
        change { state in
            guard state.bytes.count < Self.capacity else {
                state.isPaused = true
                return .paused
            }
            state.bytes.append(contentsOf: bytes)
            return .accepted
        }
    }

    func end(_ failure: HTTPTransportError?) {
        change { state in
            state.end = failure.map { .failure($0) } ?? .success(())
            state.exchange = nil
        }
    }
}
