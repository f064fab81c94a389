import CCurl
import Foundation
import VisitorSessions

/// One exchange. Once started, only the transport's thread accesses it.
final class CurlTransfer: @unchecked Sendable {
    enum TimeLimit {
        /// From the start to the last byte of the response.
        case whole(Duration)
        /// Between two pieces of either body, or until the response's head. Time that the receiver pauses isn't
        /// counted.
        case idle(Duration)
    }

    /// The size limit of all heads of a response, in bytes, including trailers and informational responses.
    private static let headLimit = 1 << 18

    let request: HTTPRequest
    let limit: TimeLimit
    private let connectTimeout: Duration
    private let upload: HTTPFileBody?
    private let response: HTTPResponseStream

    /// `nil`: no deadline. The loop extends it after a suspension.
    private(set) var deadline: ContinuousClock.Instant?

    /// Whether it was cancelled before it started.
    var isCancelled = false

    private(set) var easy: UnsafeMutableRawPointer?
    private var fields: UnsafeMutablePointer<curl_slist>?

    /// The number of bytes sent to a proxy before the request itself. `nil`: never connected to the server.
    private var sentBeforeRequest: Int?
    private var uploaded: Int64 = 0
    private var status = 0
    private var headers: [String: String] = [:]
    private var headSize = 0
    private var hasHead = false
    private var failure: HTTPTransportError?

    init(
        _ request: HTTPRequest, upload: HTTPFileBody?, limit: TimeLimit, connectTimeout: Duration,
        response: HTTPResponseStream
    ) {
        self.request = request
        self.upload = upload
        self.limit = limit
        self.connectTimeout = connectTimeout
        self.response = response
    }

    /// Creates the handle. `nil`: out of memory.
    func prepare(_ trust: TrustStore) -> UnsafeMutableRawPointer? {
        guard let easy = curl_easy_init() else { return nil }
        self.easy = easy
        restartIdleTimer()
        let context = Unmanaged.passUnretained(self).toOpaque()
        ccurl_set_context(easy, CURLOPT_PRIVATE, context)
        ccurl_set_string(easy, CURLOPT_URL, request.url.absoluteString)
        ccurl_set_long(easy, CURLOPT_PATH_AS_IS, 1)
        ccurl_set_long(easy, CURLOPT_DISALLOW_USERNAME_IN_URL, 1)
        ccurl_set_long(easy, CURLOPT_NOSIGNAL, 1)
        ccurl_set_long(easy, CURLOPT_CONNECTTIMEOUT_MS, Int(connectTimeout / .milliseconds(1)))
        // Cancel without waiting for name resolution.
        ccurl_set_long(easy, CURLOPT_QUICK_EXIT, 1)
        // On a reused connection or HTTP/2, libcurl may resend a request, which would redeem a rotating refresh token
        // twice.
        ccurl_set_long(easy, CURLOPT_HTTP_VERSION, CURL_HTTP_VERSION_1_1)
        ccurl_set_long(easy, CURLOPT_FRESH_CONNECT, 1)
        ccurl_set_long(easy, CURLOPT_FORBID_REUSE, 1)
        ccurl_set_long(easy, CURLOPT_SUPPRESS_CONNECT_HEADERS, 1)
        // An empty proxy name overrides the environment's proxies.
        if IssuerURL.isLoopback(request.url.host() ?? "") { ccurl_set_string(easy, CURLOPT_PROXY, "") }
        if let file = trust.file { ccurl_set_string(easy, CURLOPT_CAINFO, file) }
        if let folder = trust.folder { ccurl_set_string(easy, CURLOPT_CAPATH, folder) }
        ccurl_set_before_request(easy, Self.beforeRequest, context)
        ccurl_set_bytes_callback(easy, CURLOPT_HEADERFUNCTION, Self.receivedHeader)
        ccurl_set_context(easy, CURLOPT_HEADERDATA, context)
        ccurl_set_bytes_callback(easy, CURLOPT_WRITEFUNCTION, Self.receivedBody)
        ccurl_set_context(easy, CURLOPT_WRITEDATA, context)
        prepareRequest(easy, context)
        return easy
    }

    private func prepareRequest(_ easy: UnsafeMutableRawPointer, _ context: UnsafeMutableRawPointer) {
        // With `Expect: 100-continue`, libcurl would resend the request if the server rejects the expectation.
        fields = curl_slist_append(nil, "Expect:")
        for (name, value) in request.headers {
            fields = curl_slist_append(fields, value.isEmpty ? "\(name);" : "\(name): \(value)")
        }
        ccurl_set_list(easy, CURLOPT_HTTPHEADER, fields)
        if !request.headers.contains(where: { $0.name.lowercased() == "user-agent" }) {
            ccurl_set_string(easy, CURLOPT_USERAGENT, "session-inspector")
        }
        if let upload {
            ccurl_set_long(easy, CURLOPT_UPLOAD, 1)
            ccurl_set_size(easy, CURLOPT_INFILESIZE_LARGE, curl_off_t(upload.byteCount))
            ccurl_set_bytes_callback(easy, CURLOPT_READFUNCTION, Self.readBody)
            ccurl_set_context(easy, CURLOPT_READDATA, context)
        } else if request.body != nil || ["POST", "PUT", "PATCH"].contains(request.method) {
            let body = request.body ?? Data()
            ccurl_set_size(easy, CURLOPT_POSTFIELDSIZE_LARGE, curl_off_t(body.count))
            _ = body.withUnsafeBytes { ccurl_set_bytes(easy, CURLOPT_COPYPOSTFIELDS, $0.baseAddress ?? .init(context)) }
        } else if request.method == "HEAD" {
            ccurl_set_long(easy, CURLOPT_NOBODY, 1)
        }
        ccurl_set_string(easy, CURLOPT_CUSTOMREQUEST, request.method)
    }

    /// Whether the server may have received part of the request.
    var mayHaveReachedServer: Bool {
        guard let easy, let sentBeforeRequest else { return false }
        return uploaded > 0 || ccurl_get_long(easy, CURLINFO_REQUEST_SIZE) > sentBeforeRequest
    }

    /// The `errno` of the failed connection. 0: unknown.
    var systemError: Int32 {
        easy.map { Int32(clamping: ccurl_get_long($0, CURLINFO_OS_ERRNO)) } ?? 0
    }

    func end(_ code: CURLcode) {
        if code == CURLE_OK, hasHead { return finish(nil) }
        // libcurl reports success when the connection closes inside the head.
        finish(failure ?? HTTPTransportError(code == CURLE_OK ? CURLE_GOT_NOTHING : code, of: self))
    }

    func end(_ failure: HTTPTransportError) {
        var failure = failure
        failure.mayHaveReachedServer = mayHaveReachedServer
        finish(failure)
    }

    private func finish(_ failure: HTTPTransportError?) {
        if let easy { curl_easy_cleanup(easy) }
        curl_slist_free_all(fields)
        (easy, fields) = (nil, nil)
        response.end(failure)
    }

    /// Extends an idle deadline.
    func restartIdleTimer() {
        switch limit {
        case .whole(let duration): deadline = deadline ?? .now + duration
        case .idle(let duration): deadline = .now + duration
        }
    }

    /// Extends the deadline, to its whole limit at most.
    func extendDeadline(by time: Duration, at now: ContinuousClock.Instant) {
        let limit: Duration =
            switch limit {
            case .whole(let duration), .idle(let duration): duration
            }
        deadline = deadline.map { min($0 + time, now + limit) }
    }

    // MARK: Callbacks

    private static let beforeRequest: ccurl_before_request_callback = { context, _, _, _, _ in
        guard let transfer = transfer(context), let easy = transfer.easy else { return CURL_PREREQFUNC_ABORT }
        transfer.sentBeforeRequest = ccurl_get_long(easy, CURLINFO_REQUEST_SIZE)
        return CURL_PREREQFUNC_OK
    }

    private static let receivedHeader: ccurl_bytes_callback = { bytes, size, count, context in
        guard let transfer = transfer(context), let bytes else { return 0 }
        let line = UnsafeRawBufferPointer(start: bytes, count: size * count)
        return transfer.receive(header: line) ? line.count : 0
    }

    private static let receivedBody: ccurl_bytes_callback = { bytes, size, count, context in
        guard let transfer = transfer(context), let bytes else { return 0 }
        let piece = UnsafeRawBufferPointer(start: bytes, count: size * count)
        guard transfer.response.receive(piece) else {
            if case .idle = transfer.limit { transfer.deadline = nil }
            return ccurl_pause_writing
        }
        transfer.restartIdleTimer()
        return piece.count
    }

    private static let readBody: ccurl_bytes_callback = { buffer, size, count, context in
        guard let transfer = transfer(context), let upload = transfer.upload, let buffer else {
            return ccurl_abort_reading
        }
        let read = upload.read(into: .init(start: buffer, count: size * count), at: transfer.uploaded)
        guard read > 0 || transfer.uploaded == upload.byteCount else {
            transfer.failure = HTTPTransportError(
                .unsendable, "The request's body couldn't be read to the end.",
                mayHaveReachedServer: transfer.mayHaveReachedServer)
            return ccurl_abort_reading
        }
        transfer.uploaded += Int64(read)
        transfer.restartIdleTimer()
        return read
    }

    private static func transfer(_ context: UnsafeMutableRawPointer?) -> CurlTransfer? {
        context.map { Unmanaged<CurlTransfer>.fromOpaque($0).takeUnretainedValue() }
    }

    /// Reads one header line of an informational response, the response, or its trailers (which are ignored).
    private func receive(header line: UnsafeRawBufferPointer) -> Bool {
        headSize += line.count
        guard headSize <= Self.headLimit else {
            failure = .oversizedHead(request.url, limit: Self.headLimit)
            return false
        }
        guard !hasHead else { return true }
        let text = String(decoding: line, as: UTF8.self).trimmingCharacters(in: .whitespacesAndNewlines)
        if line.starts(with: "HTTP/".utf8) {
            status = easy.map { ccurl_get_long($0, CURLINFO_RESPONSE_CODE) } ?? 0
            headers = [:]
        } else if text.isEmpty {
            guard status >= 200 else { return true }
            hasHead = true
            restartIdleTimer()
            response.begin(HTTPResponse(status: status, headers: headers))
        } else if let colon = text.firstIndex(of: ":"), line.first != 0x20, line.first != 0x09 {
            let name = text[..<colon].lowercased()
            let value = text[text.index(after: colon)...].trimmingCharacters(in: .whitespaces)
            headers[name] = headers[name] ?? value
        }
        return true
    }
}

/// The trusted certificates: the system's, unless the environment names others, as for OpenSSL.
struct TrustStore: Sendable {
    var file: String?
    var folder: String?

    init(environment: [String: String]) {
        file = environment["SSL_CERT_FILE"].flatMap { $0.isEmpty ? nil : $0 }
        folder = environment["SSL_CERT_DIR"].flatMap { $0.isEmpty ? nil : $0 }
    }
}
