import CCurl
public import Foundation
import Synchronization

/// The transport over libcurl, which is loaded with the first request.
///
/// It follows no redirects, keeps no cookies, and trusts the certificates that the system trusts, or those that
/// `SSL_CERT_FILE` and `SSL_CERT_DIR` name. Proxies are those of the environment (`https_proxy`, `all_proxy`, `no_proxy`),
/// and never stand between this machine and itself.
///
/// Every request has a connection of its own and is sent once: libcurl never repeats it.
public final class CurlTransport: HTTPTransport {
    /// The largest answer that ``send(_:)`` reads, in bytes.
    public static let responseLimit = 1 << 20

    private struct State {
        var loop: CurlLoop?
        var isClosed = false
    }

    private let timeout: Duration
    private let trust: TrustStore
    private let state = Mutex(State())

    /// - Parameter timeout: How long a whole exchange may take, from the connection to the answer's last byte. A request
    ///   may ask for less (``HTTPRequest/timeLimit``). Connecting takes at most ten seconds of it.
    public init(
        timeout: Duration = .seconds(30), environment: [String: String] = ProcessInfo.processInfo.environment
    ) {
        self.timeout = timeout
        trust = TrustStore(environment: environment)
    }

    deinit {
        state.withLock { $0.loop }?.send(.stop)
    }

    /// Cancels every exchange, and sends nothing from now on: the program is about to end.
    public func close() {
        let loop = state.withLock { state in
            state.isClosed = true
            return state.loop
        }
        loop?.send(.cancelAll)
    }

    public func send(_ request: HTTPRequest) async throws(HTTPTransportError) -> HTTPResponse {
        let limit = min(request.timeLimit ?? timeout, timeout)
        let answer = BufferedResponse(request.url, limit: Self.responseLimit)
        let transfer = CurlTransfer(request, limit: .whole(limit), receiver: answer)
        let loop = try start(transfer)
        let result = await withTaskCancellationHandler {
            await answer.result()
        } onCancel: {
            loop.send(.cancel(transfer))
        }
        return try result.get()
    }

    /// Sends `request`, and returns the answer as soon as its head has arrived. The body is read piece by piece; a reader
    /// that takes its time slows the sender.
    ///
    /// The time limit is for each piece of either body, and for the answer's head after the request's last byte.
    ///
    /// - Parameter body: What is sent as the body, in place of the request's own.
    public func open(
        _ request: HTTPRequest, body: HTTPFileBody? = nil
    ) async throws(HTTPTransportError) -> HTTPResponseStream {
        let stream = HTTPResponseStream()
        let limit = request.timeLimit ?? timeout
        let transfer = CurlTransfer(request, upload: body, limit: .idle(limit), receiver: stream)
        let loop = try start(transfer)
        stream.attach(to: transfer, loop, of: self)
        try await stream.waitForHead()
        return stream
    }

    private func start(_ transfer: CurlTransfer) throws(HTTPTransportError) -> CurlLoop {
        try Self.check(transfer.request)
        if let reason = ccurl_load() {
            throw HTTPTransportError(.unavailable, "No request can be sent: \(String(cString: reason)).")
        }
        let (loop, isClosed) = state.withLock { state in
            if state.loop == nil { state.loop = CurlLoop(trust: trust) }
            return (state.loop, state.isClosed)
        }
        guard !isClosed else {
            throw HTTPTransportError(.cancelled, HTTPTransportError.cancelled.message, mayHaveReachedServer: false)
        }
        guard let loop else { throw HTTPTransportError(.unavailable, "There is no memory for a request.") }
        loop.send(.start(transfer))
        return loop
    }

    private static func check(_ request: HTTPRequest) throws(HTTPTransportError) {
        guard ["http", "https"].contains(request.url.scheme?.lowercased()), request.url.host()?.isEmpty == false else {
            throw HTTPTransportError(.unsendable, "Requests can only be sent to http and https addresses.")
        }
        // A line break would begin another field (RFC 9110, section 5.5).
        let isClean = request.headers.allSatisfy { name, value in
            !name.isEmpty && (name + value).utf8.allSatisfy { $0 >= 0x20 && $0 != 0x7F || $0 == 0x09 }
        }
        guard isClean, request.method.utf8.allSatisfy({ (0x21...0x7E).contains($0) }), !request.method.isEmpty else {
            throw HTTPTransportError(.unsendable, "The request's method or one of its headers has control characters.")
        }
    }
}

/// A request's body that is read from a file while it is sent, however large it is. It may be sent more than once.
public final class HTTPFileBody: Sendable {
    public let byteCount: Int64
    private let descriptor: Int32

    /// Takes over `descriptor`, which is open for reading on a regular file.
    public init(descriptor: Int32, byteCount: Int64) {
        self.descriptor = descriptor
        self.byteCount = byteCount
    }

    deinit {
        Foundation.close(descriptor)
    }

    /// Returns how many bytes were read: 0 at the file's end, and where it can't be read.
    func read(into buffer: UnsafeMutableRawBufferPointer, at offset: Int64) -> Int {
        let wanted = min(Int64(buffer.count), byteCount - offset)
        guard wanted > 0 else { return 0 }
        while true {
            let count = pread(descriptor, buffer.baseAddress, Int(wanted), off_t(offset))
            if count >= 0 || errno != EINTR { return max(count, 0) }
        }
    }
}

extension HTTPTransportError {
    /// What it means that libcurl ended `transfer` with `code` (libcurl's documentation, "libcurl-errors").
    init(_ code: CURLcode, of transfer: CurlTransfer) {
        let host = Self.host(transfer.request.url)
        let isSent = transfer.mayHaveReachedServer
        let (kind, message): (Kind, String) =
            switch code {
            case CURLE_COULDNT_RESOLVE_HOST: (.unknownHost, "Can't resolve \(host).")
            case CURLE_COULDNT_RESOLVE_PROXY: (.unknownHost, "Can't resolve the proxy's name.")
            case CURLE_COULDNT_CONNECT: (.refusedConnection, "Can't connect to \(host): \(Self.reason(transfer)).")
            case CURLE_OPERATION_TIMEDOUT: (.timedOut, "\(host) didn't accept a connection in time.")
            case CURLE_SSL_CACERT_BADFILE:
                (.untrusted, "The trusted certificates can't be read. Install ca-certificates, or set SSL_CERT_FILE.")
            case CURLE_PEER_FAILED_VERIFICATION, CURLE_SSL_ISSUER_ERROR:
                (.untrusted, "The TLS certificate of \(host) isn't trusted.")
            case CURLE_SSL_CONNECT_ERROR, CURLE_SSL_CIPHER, CURLE_SSL_CERTPROBLEM, CURLE_SSL_CLIENTCERT,
                CURLE_SSL_INVALIDCERTSTATUS, CURLE_SSL_PINNEDPUBKEYNOTMATCH, CURLE_USE_SSL_FAILED,
                CURLE_SSL_ENGINE_NOTFOUND, CURLE_SSL_ENGINE_INITFAILED, CURLE_SSL_CRL_BADFILE,
                CURLE_SSL_SHUTDOWN_FAILED:
                (.untrusted, "No TLS connection to \(host) could be made.")
            case CURLE_FILESIZE_EXCEEDED:
                (.oversize, "The answer of \(host) is too large to be read.")
            case CURLE_URL_MALFORMAT, CURLE_LOGIN_DENIED:
                (.unsendable, "A request can't be sent to this address.")
            case _ where !isSent: (.lostConnection, "The connection to \(host) was lost before the request was sent.")
            default: (.lostConnection, "\(host) closed the connection before its answer was complete.")
            }
        self.init(kind, message, mayHaveReachedServer: isSent)
    }

    static var cancelled: HTTPTransportError {
        HTTPTransportError(.cancelled, "The request was cancelled.")
    }

    static func timedOut(_ url: URL) -> HTTPTransportError {
        HTTPTransportError(.timedOut, "\(host(url)) didn't answer in time.")
    }

    static func oversize(_ url: URL, limit: Int) -> HTTPTransportError {
        HTTPTransportError(.oversize, "The answer of \(host(url)) is larger than the \(limit) bytes that are read.")
    }

    static func oversizedHead(_ url: URL, limit: Int) -> HTTPTransportError {
        HTTPTransportError(
            .oversize, "The headers in the answer of \(host(url)) are larger than the \(limit) bytes that are read.")
    }

    private static func reason(_ transfer: CurlTransfer) -> String {
        switch transfer.systemError {
        case 0: "no connection could be made"
        case ECONNREFUSED: "connection refused"
        case let number: String(cString: strerror(number)).lowercased()
        }
    }

    private static func host(_ url: URL) -> String {
        let host = SafeText.shown(url.host() ?? "The server", limit: 100)
        let name = host.contains(":") ? "[\(host)]" : host
        return url.port.map { "\(name):\($0)" } ?? name
    }
}
