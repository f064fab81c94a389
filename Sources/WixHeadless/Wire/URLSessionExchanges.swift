import Foundation
import Synchronization

#if canImport(FoundationNetworking)
    import FoundationNetworking
#endif

/// The exchanges that a transport has under way: collects each answer, and resumes whoever waits for it, once.
final class URLSessionExchanges: NSObject, URLSessionDataDelegate {
    typealias Outcome = Result<HTTPResponse, HTTPTransportError>

    private struct Exchange {
        var url: URL
        var waiter: CheckedContinuation<Outcome, Never>
        var body = Data()
    }

    private struct State {
        var exchanges: [ObjectIdentifier: Exchange] = [:]

        /// Those that were ended before they began.
        var early: [ObjectIdentifier: Outcome] = [:]
    }

    private let responseLimit: Int
    private let state = Mutex(State())

    init(responseLimit: Int) {
        self.responseLimit = responseLimit
    }

    /// Starts `task`, and resumes `waiter` with its outcome.
    func begin(_ task: URLSessionTask, _ url: URL, _ waiter: CheckedContinuation<Outcome, Never>) {
        let early: Outcome? = state.withLock { state in
            if let outcome = state.early.removeValue(forKey: ObjectIdentifier(task)) { return outcome }
            state.exchanges[ObjectIdentifier(task)] = Exchange(url: url, waiter: waiter)
            return nil
        }
        if let early {
            task.cancel()
            waiter.resume(returning: early.mapError { .notSent($0) })
        } else {
            task.resume()
        }
    }

    /// Ends `task` with `outcome`, unless it has ended. One that has not begun will not be sent.
    func finish(_ task: URLSessionTask, _ outcome: Outcome) {
        let exchange = state.withLock { state in
            let exchange = state.exchanges.removeValue(forKey: ObjectIdentifier(task))
            if exchange == nil, task.state == .suspended { state.early[ObjectIdentifier(task)] = outcome }
            return exchange
        }
        guard let exchange else { return }
        task.cancel()
        exchange.waiter.resume(returning: outcome)
    }

    func urlSession(
        _ session: URLSession, task: URLSessionTask, willPerformHTTPRedirection response: HTTPURLResponse,
        newRequest request: URLRequest, completionHandler: @escaping @Sendable (URLRequest?) -> Void
    ) {
        completionHandler(nil)
    }

    func urlSession(_ session: URLSession, dataTask: URLSessionDataTask, didReceive data: Data) {
        let overflowed: URL? = state.withLock { state in
            guard var exchange = state.exchanges.removeValue(forKey: ObjectIdentifier(dataTask)) else { return nil }
            let fits = exchange.body.count + data.count <= responseLimit
            if fits { exchange.body.append(data) }
            state.exchanges[ObjectIdentifier(dataTask)] = exchange
            return fits ? nil : exchange.url
        }
        if let overflowed { finish(dataTask, .failure(.oversize(overflowed, limit: responseLimit))) }
    }

    func urlSession(_ session: URLSession, task: URLSessionTask, didCompleteWithError error: (any Error)?) {
        let exchange = state.withLock { state in
            state.early.removeValue(forKey: ObjectIdentifier(task))
            return state.exchanges.removeValue(forKey: ObjectIdentifier(task))
        }
        guard let exchange else { return }
        exchange.waiter.resume(returning: Self.outcome(of: exchange, task.response, error))
    }

    private static func outcome(of exchange: Exchange, _ response: URLResponse?, _ error: (any Error)?) -> Outcome {
        if let error { return .failure(HTTPTransportError(error, exchange.url)) }
        guard let response = response as? HTTPURLResponse else { return .failure(.lostConnection(exchange.url)) }
        let fields = response.allHeaderFields.compactMap { name, value in
            (name as? String).map { ($0, "\(value)") }
        }
        return .success(
            HTTPResponse(
                status: response.statusCode, headers: Dictionary(fields) { first, _ in first }, body: exchange.body))
    }
}
