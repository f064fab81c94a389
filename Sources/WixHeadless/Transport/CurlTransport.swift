import CCurl
public import Foundation
import Synchronization

/// An HTTP transport over libcurl, which is loaded on the first request.
///
/// It follows no redirects, stores no cookies, and trusts the system's certificates or those named by `SSL_CERT_FILE`
/// and `SSL_CERT_DIR`. It uses the environment's proxies (`https_proxy`, `all_proxy`, `no_proxy`), but never for
/// loopback.
///
/// Each request has its own connection and is sent exactly once: libcurl never retries it.
public final class CurlTransport: HTTPTransport {
    /// The largest response that ``send(_:)`` accepts, in bytes.
    public static let responseLimit = 1 << 20

    private struct State {
        var loop: CurlLoop?
        var isClosed = false
    }

    private let timeout: Duration
    private let connectTimeout: Duration
    private let trust: TrustStore
    private let state = Mutex(State())

    /// - Parameters:
    ///   - timeout: The limit for a whole exchange, from connecting to the last byte of the response. A request may set
    ///     a shorter one (``HTTPRequest/timeLimit``).
    ///   - connectTimeout: How much of `timeout` connecting may take.
    public init(
        timeout: Duration = .seconds(30), connectTimeout: Duration = .seconds(10),
        environment: [String: String] = ProcessInfo.processInfo.environment
    ) {
        self.timeout = timeout
        self.connectTimeout = connectTimeout
        trust = TrustStore(environment: environment)
    }

    deinit {
        state.withLock { $0.loop }?.send(.stop)
    }

    /// Cancels every exchange and rejects new ones. Call it before the program exits.
    public func close() {
        let loop = state.withLock { state in
            state.isClosed = true
            return state.loop
        }
        loop?.send(.cancelAll)
    }

    public func send(_ request: HTTPRequest) async throws(HTTPTransportError) -> HTTPResponse {
        let stream = try await open(request, limit: .whole(min(request.timeLimit ?? timeout, timeout)))
        var response = stream.head
        while let piece = try await stream.next() {
            response.body.append(piece)
            guard response.body.count <= Self.responseLimit else {
                stream.cancel()
                throw .oversize(request.url, limit: Self.responseLimit)
            }
        }
        return response
    }

    /// Sends `request` and returns the response when its head has arrived. The body is streamed; a slow reader slows
    /// the sender.
    ///
    /// The time limit applies between pieces of either body, and to the response's head after the request's last byte.
    ///
    /// - Parameter body: Replaces the request's own body.
    public func open(
        _ request: HTTPRequest, body: HTTPFileBody? = nil
    ) async throws(HTTPTransportError) -> HTTPResponseStream {
        try await open(request, body: body, limit: .idle(request.timeLimit ?? timeout))
    }

    private func open(
        _ request: HTTPRequest, body: HTTPFileBody? = nil, limit: CurlTransfer.TimeLimit
    ) async throws(HTTPTransportError) -> HTTPResponseStream {
        let stream = HTTPResponseStream()
        let transfer = CurlTransfer(
            request, upload: body, limit: limit, connectTimeout: connectTimeout, response: stream)
        let loop = try start(transfer)
        stream.attach(to: transfer, loop, of: self)
        try await stream.waitForHead()
        return stream
    }

    private func start(_ transfer: CurlTransfer) throws(HTTPTransportError) -> CurlLoop {
        try Self.check(transfer.request)
        if let reason = ccurl_load() {
            throw HTTPTransportError(.unavailable, "Can't send requests: \(String(cString: reason)).")
        }
        let (loop, isClosed) = state.withLock { state in
            if state.loop == nil { state.loop = CurlLoop(trust: trust) }
            return (state.loop, state.isClosed)
        }
        guard !isClosed, !Task.isCancelled else {
            throw HTTPTransportError(.cancelled, HTTPTransportError.cancelled.message, mayHaveReachedServer: false)
        }
        guard let loop else { throw HTTPTransportError(.unavailable, "Out of memory.") }
        loop.send(.start(transfer))
        return loop
    }

    private static func check(_ request: HTTPRequest) throws(HTTPTransportError) {
        guard ["http", "https"].contains(request.url.scheme?.lowercased()), request.url.host()?.isEmpty == false else {
            throw HTTPTransportError(.unsendable, "The URL must start with http:// or https://.")
        }
        // A line break would start another field (RFC 9110, section 5.5).
        let isClean = request.headers.allSatisfy { name, value in
            !name.isEmpty && (name + value).utf8.allSatisfy { $0 >= 0x20 && $0 != 0x7F || $0 == 0x09 }
        }
        guard isClean else {
            throw HTTPTransportError(.unsendable, "A header contains control characters, or its name is empty.")
        }
        guard request.method.utf8.allSatisfy({ (0x21...0x7E).contains($0) }), !request.method.isEmpty else {
            throw HTTPTransportError(.unsendable, "The method must be a single word, such as POST.")
        }
    }
}

/// A request body that is streamed from a file of any size. It can be sent more than once.
public final class HTTPFileBody: Sendable {
    public let byteCount: Int64
    private let descriptor: Int32

    /// Takes ownership of `descriptor`, which must be open for reading on a regular file.
    public init(descriptor: Int32, byteCount: Int64) {
        self.descriptor = descriptor
        self.byteCount = byteCount
    }

    deinit {
        Foundation.close(descriptor)
    }

    /// Returns the number of bytes read: 0 at the end of the file or if it can't be read.
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
    /// Translates the `code` with which libcurl ended `transfer` (libcurl documentation, "libcurl-errors").
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
                (.untrusted, "Can't establish a TLS connection to \(host).")
            case CURLE_FILESIZE_EXCEEDED:
                (.oversize, "The response from \(host) is too large.")
            case CURLE_URL_MALFORMAT, CURLE_LOGIN_DENIED:
                (.unsendable, "Requests can't be sent to this URL.")
            case _ where !isSent: (.lostConnection, "Lost the connection to \(host) before the request was sent.")
            default: (.lostConnection, "\(host) closed the connection before the response was complete.")
            }
        self.init(kind, message, mayHaveReachedServer: isSent)
    }

    static var cancelled: HTTPTransportError {
        HTTPTransportError(.cancelled, "The request was cancelled.")
    }

    static func timedOut(_ url: URL) -> HTTPTransportError {
        HTTPTransportError(.timedOut, "\(host(url)) didn't respond in time.")
    }

    static func oversize(_ url: URL, limit: Int) -> HTTPTransportError {
        HTTPTransportError(.oversize, "The response from \(host(url)) is larger than \(limit) bytes.")
    }

    static func oversizedHead(_ url: URL, limit: Int) -> HTTPTransportError {
        HTTPTransportError(
            .oversize, "The response headers from \(host(url)) are larger than \(limit) bytes.")
    }

    private static func reason(_ transfer: CurlTransfer) -> String {
        switch transfer.systemError {
        case 0: "unknown reason"
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

/// The thread that runs a transport's exchanges. It sleeps in `poll` while nothing happens.
final class CurlLoop: Sendable {
    enum Command {
        case start(CurlTransfer)
        case cancel(CurlTransfer)
        case cancelAll
        /// The receiver has room again.
        case resume(CurlTransfer)
        case stop
    }

    private struct Inbox {
        var commands: [Command] = []
        var isStopped = false
    }

    /// Waiting longer than planned by more than this means that the process or the machine was suspended.
    private static let suspensionThreshold = Duration.seconds(1)

    private nonisolated(unsafe) let multi: UnsafeMutableRawPointer
    private let trust: TrustStore
    private let inbox = Mutex(Inbox())

    /// Starts the thread. `nil`: out of memory.
    init?(trust: TrustStore) {
        guard let multi = curl_multi_init() else { return nil }
        self.multi = multi
        self.trust = trust
        let thread = Thread { self.run() }
        thread.name = "HTTP"
        thread.start()
    }

    func send(_ command: Command) {
        inbox.withLock { inbox in
            guard !inbox.isStopped else { return }
            inbox.commands.append(command)
            curl_multi_wakeup(multi)
        }
    }

    private func run() {
        blockSignals()
        var transfers: [UnsafeMutableRawPointer: CurlTransfer] = [:]
        var lastCheck = ContinuousClock.now
        var planned = Duration.zero
        while runCommands(&transfers) {
            var running: Int32 = 0
            curl_multi_perform(multi, &running)
            var code = CURLE_OK
            while let easy = ccurl_next_done(multi, &code) {
                curl_multi_remove_handle(multi, easy)
                transfers.removeValue(forKey: easy)?.end(code)
            }
            // Time spent suspended doesn't count: the rest of a response may still arrive.
            let now = ContinuousClock.now
            let passed = now - lastCheck
            if passed - planned > Self.suspensionThreshold {
                for transfer in transfers.values { transfer.extendDeadline(by: passed, at: now) }
            }
            lastCheck = now
            for (easy, transfer) in transfers {
                guard let deadline = transfer.deadline, deadline <= now else { continue }
                end(easy, transfer, .timedOut(transfer.request.url), &transfers)
            }
            planned = transfers.values.compactMap(\.deadline).min().map { max($0 - now, .zero) } ?? .seconds(86_400)
            ccurl_multi_wait(multi, Int32(clamping: Int((planned / .milliseconds(1)).rounded(.up))))
        }
        endAll(&transfers)
        curl_multi_cleanup(multi)
    }

    /// Runs the pending commands. Returns whether to continue.
    private func runCommands(_ transfers: inout [UnsafeMutableRawPointer: CurlTransfer]) -> Bool {
        let commands = inbox.withLock { inbox in
            defer { inbox.commands = [] }
            return inbox.commands
        }
        for command in commands {
            switch command {
            case .start(let transfer): start(transfer, &transfers)
            case .cancel(let transfer):
                transfer.isCancelled = true
                guard let easy = transfer.easy, transfers[easy] != nil else { continue }
                end(easy, transfer, .cancelled, &transfers)
            case .cancelAll: endAll(&transfers)
            case .resume(let transfer):
                guard let easy = transfer.easy, transfers[easy] != nil else { continue }
                transfer.restartIdleTimer()
                curl_easy_pause(easy, CURLPAUSE_CONT)
            case .stop:
                inbox.withLock { $0.isStopped = true }
                return false
            }
        }
        return true
    }

    private func start(_ transfer: CurlTransfer, _ transfers: inout [UnsafeMutableRawPointer: CurlTransfer]) {
        guard !transfer.isCancelled else { return transfer.end(.cancelled) }
        guard let easy = transfer.prepare(trust), curl_multi_add_handle(multi, easy) == CURLM_OK else {
            return transfer.end(HTTPTransportError(.unsendable, "Out of memory."))
        }
        transfers[easy] = transfer
    }

    private func end(
        _ easy: UnsafeMutableRawPointer, _ transfer: CurlTransfer, _ failure: HTTPTransportError,
        _ transfers: inout [UnsafeMutableRawPointer: CurlTransfer]
    ) {
        transfers[easy] = nil
        curl_multi_remove_handle(multi, easy)
        transfer.end(failure)
    }

    private func endAll(_ transfers: inout [UnsafeMutableRawPointer: CurlTransfer]) {
        for (easy, transfer) in transfers { end(easy, transfer, .cancelled, &transfers) }
    }

    /// Leaves signals to other threads, and turns SIGPIPE into an error here. Crash signals stay unblocked.
    private func blockSignals() {
        var signals = sigset_t()
        sigfillset(&signals)
        for number in [SIGSEGV, SIGBUS, SIGFPE, SIGILL, SIGTRAP, SIGABRT] { sigdelset(&signals, number) }
        pthread_sigmask(SIG_BLOCK, &signals, nil)
    }
}
