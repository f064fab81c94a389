import Dispatch
import Foundation
import VisitorSessions

#if canImport(FoundationNetworking)
    import FoundationNetworking
#endif

/// The transport over Foundation's `URLSession`.
///
/// It follows no redirects, keeps no cookies and no cache, and trusts what the system's TLS trusts. Proxies are
/// those of the environment (`https_proxy`, `no_proxy`).
///
/// Every request goes over a connection of its own: where a server closes a connection that was kept open, before
/// it has answered, libcurl sends the request a second time by itself, and a refresh token that works once would
/// be redeemed twice.
public final class URLSessionTransport: HTTPTransport {
    /// The largest answer that is read, in bytes, after decompression.
    public static let responseLimit = 1 << 20

    private let timeout: Duration
    private let exchanges = URLSessionExchanges(responseLimit: responseLimit)

    /// - Parameter timeout: How long a whole exchange may take, from the connection to the answer's last byte.
    public init(timeout: Duration = .seconds(30)) {
        self.timeout = timeout
    }

    private func session() -> URLSession {
        let configuration = URLSessionConfiguration.ephemeral
        configuration.httpCookieStorage = nil
        configuration.httpShouldSetCookies = false
        configuration.httpCookieAcceptPolicy = .never
        configuration.urlCache = nil
        configuration.urlCredentialStorage = nil
        configuration.requestCachePolicy = .reloadIgnoringLocalCacheData
        return URLSession(configuration: configuration, delegate: exchanges, delegateQueue: nil)
    }

    public func send(_ request: HTTPRequest) async throws(HTTPTransportError) -> HTTPResponse {
        try Self.check(request)
        let session = session()
        defer { session.finishTasksAndInvalidate() }
        let task = session.dataTask(with: foundationRequest(request))
        // A timer, not a sleeping task: one that is cancelled stays in memory until its time comes.
        let deadline = DispatchSource.makeTimerSource(queue: .global())
        deadline.setEventHandler { [exchanges] in exchanges.finish(task, .failure(.timedOut(request.url))) }
        deadline.schedule(deadline: .now() + timeout.inSeconds)
        deadline.resume()
        defer { deadline.cancel() }
        let result = await withTaskCancellationHandler {
            await withCheckedContinuation { exchanges.begin(task, request.url, $0) }
        } onCancel: {
            exchanges.finish(task, .failure(.cancelled))
        }
        return try result.get()
    }

    private static func check(_ request: HTTPRequest) throws(HTTPTransportError) {
        guard ["http", "https"].contains(request.url.scheme?.lowercased()), request.url.host()?.isEmpty == false else {
            throw HTTPTransportError(.unsendable, "A request to this address cannot be sent.")
        }
        // A line break would begin another field (RFC 9110, section 5.5).
        let isClean = request.headers.allSatisfy { name, value in
            !name.isEmpty && (name + value).utf8.allSatisfy { $0 >= 0x20 && $0 != 0x7F || $0 == 0x09 }
        }
        guard isClean else {
            throw HTTPTransportError(.unsendable, "A header field of the request has control characters in it.")
        }
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
