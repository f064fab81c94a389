import Foundation
import VisitorSessions

#if canImport(FoundationNetworking)
    import FoundationNetworking
#endif

/// The transport over Foundation's `URLSession`.
///
/// It follows no redirects, keeps no cookies and no cache, and trusts what the system's TLS trusts. One
/// session serves all requests, and ends with the transport. Proxies are those of the environment
/// (`https_proxy`, `no_proxy`).
public final class URLSessionTransport: HTTPTransport {
    /// The largest answer that is read, in bytes, after decompression.
    public static let responseLimit = 1 << 20

    private let timeout: Duration
    private let exchanges = URLSessionExchanges(responseLimit: responseLimit)
    private let session: URLSession

    /// - Parameter timeout: How long a whole exchange may take, from the connection to the answer's last byte.
    public init(timeout: Duration = .seconds(30)) {
        self.timeout = timeout
        let configuration = URLSessionConfiguration.ephemeral
        configuration.httpCookieStorage = nil
        configuration.httpShouldSetCookies = false
        configuration.httpCookieAcceptPolicy = .never
        configuration.urlCache = nil
        configuration.urlCredentialStorage = nil
        configuration.requestCachePolicy = .reloadIgnoringLocalCacheData
        session = URLSession(configuration: configuration, delegate: exchanges, delegateQueue: nil)
    }

    deinit {
        session.invalidateAndCancel()
    }

    public func send(_ request: HTTPRequest) async throws(HTTPTransportError) -> HTTPResponse {
        let task = session.dataTask(with: foundationRequest(request))
        let deadline = Task { [timeout, exchanges] in
            // Cancelled as soon as there is an answer.
            try await Task.sleep(for: timeout)
            exchanges.finish(task, .failure(.timedOut(request.url)))
        }
        defer { deadline.cancel() }
        let result = await withTaskCancellationHandler {
            await withCheckedContinuation { exchanges.begin(task, request.url, $0) }
        } onCancel: {
            exchanges.finish(task, .failure(.cancelled))
        }
        return try result.get()
    }

    private func foundationRequest(_ request: HTTPRequest) -> URLRequest {
        var result = URLRequest(url: request.url)
        result.httpMethod = request.method
        result.httpBody = request.body
        result.httpShouldHandleCookies = false
        // The deadline of the whole exchange comes first; this only makes sure that nothing is left behind.
        result.timeoutInterval = timeout.inSeconds + 10
        for (name, value) in request.headers { result.setValue(value, forHTTPHeaderField: name) }
        return result
    }
}
