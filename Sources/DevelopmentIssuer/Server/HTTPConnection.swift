import Foundation

/// Serves requests on one connection (RFC 9112). Blocks.
struct HTTPConnection {
    /// In bytes.
    private static let headLimit = 1 << 15

    /// The largest body that is read to its end, in bytes. Bodies above ``IssuerRequest/bodyLimit`` are read and
    /// dropped.
    private static let discardLimit = 1 << 26

    /// How long a client may be silent, in seconds, and how long it may take to send a request's head.
    private static let idleTimeout = 120
    private static let headTimeout = Duration.seconds(30)

    private let descriptor: Int32
    private let host: String?

    /// Received, not parsed yet.
    private var pending = Data()

    /// - Parameters:
    ///   - descriptor: Not closed here.
    ///   - host: A host that requests may name besides loopback.
    init(_ descriptor: Int32, host: String? = nil) {
        self.descriptor = descriptor
        self.host = host
        var yes: Int32 = 1
        // Sends a response without waiting for the previous one's acknowledgement.
        setsockopt(descriptor, Int32(IPPROTO_TCP), TCP_NODELAY, &yes, socklen_t(MemoryLayout<Int32>.size))
        var time = timeval(tv_sec: Self.idleTimeout, tv_usec: 0)
        for option in [SO_RCVTIMEO, SO_SNDTIMEO] {
            setsockopt(descriptor, SOL_SOCKET, option, &time, socklen_t(MemoryLayout<timeval>.size))
        }
    }

    /// Handles requests until either side closes the connection.
    ///
    /// - Parameter respond: `nil` closes the connection.
    consuming func serve(_ respond: (IssuerRequest) -> ResponsePlan?) {
        while true {
            do {
                guard let head = try readHead() else { return }
                if let refusal = head.refusal(exceptFor: host) {
                    write(HTTPResponse(refusal, isLast: true).bytes)
                    return
                }
                if head.expectsContinue { write(Data("HTTP/1.1 100 Continue\r\n\r\n".utf8)) }
                let body = try readBody(head)
                if let preflight = head.preflight {
                    guard write(preflight.bytes), head.isKeptAlive else { return }
                } else {
                    let request = IssuerRequest(method: head.method, path: head.path, headers: head.headers, body: body)
                    guard let plan = respond(request), deliver(plan, to: head), head.isKeptAlive else { return }
                }
            } catch {
                write(HTTPResponse(error.response, isLast: true).bytes)
                return
            }
        }
    }

    /// Returns whether the connection stays open.
    private func deliver(_ plan: ResponsePlan, to head: HTTPRequestHead) -> Bool {
        var response = HTTPResponse(plan.response, isLast: !head.isKeptAlive)
        response.date = plan.date
        response.origin = head.origin
        response.hasBody = head.method != "HEAD"
        switch plan.delivery {
        case .whole: return write(response.bytes)
        case .truncated:
            write(
                response.bytes.dropLast(response.hasBody ? plan.response.body.count - plan.response.body.count / 2 : 0))
            return false
        case .none: return false
        }
    }

    // MARK: Bytes

    /// `nil`: the client closed the connection or timed out.
    private mutating func readHead() throws(HTTPViolation) -> HTTPRequestHead? {
        let deadline = ContinuousClock.now + Self.headTimeout
        var searched = 0
        while true {
            // Search new bytes only; the blank line may begin in the three bytes before them.
            let start = pending.startIndex + max(searched - 3, 0)
            if let end = pending[start...].firstRange(of: Data("\r\n\r\n".utf8)) {
                let lines = pending[..<end.lowerBound]
                guard lines.count <= Self.headLimit else { throw .tooLargeHead }
                pending = Data(pending[end.upperBound...])
                return try HTTPRequestHead(lines)
            }
            searched = pending.count
            guard searched <= Self.headLimit else { throw .tooLargeHead }
            guard searched == 0 || ContinuousClock.now < deadline, receive() else { return nil }
        }
    }

    /// `nil`: larger than ``IssuerRequest/bodyLimit``. The body is read anyway: a client that is still sending might
    /// never see the response.
    private mutating func readBody(_ head: HTTPRequestHead) throws(HTTPViolation) -> Data? {
        var body: Data? = Data()
        var total = 0
        func read(_ length: Int) throws(HTTPViolation) {
            var rest = length
            while rest > 0 {
                let piece = try take(atMost: rest)
                rest -= piece.count
                total += piece.count
                guard total <= Self.discardLimit else { throw .tooLargeBody }
                if total > IssuerRequest.bodyLimit { body = nil }
                body?.append(piece)
            }
        }
        switch head.framing {
        case .length(let length): try read(length)
        case .chunked:
            while true {
                let line = try readLine().prefix { $0 != UInt8(ascii: ";") }
                let digits = String(decoding: line, as: UTF8.self).trimmingCharacters(in: .whitespaces)
                guard digits.count <= 8, let length = Int(digits, radix: 16), length >= 0 else { throw .malformed }
                guard length > 0 else { break }
                try read(length)
                guard try readLine().isEmpty else { throw .malformed }
            }
            // Ignore trailers.
            while try !readLine().isEmpty {}
        }
        return body
    }

    private mutating func take(atMost count: Int) throws(HTTPViolation) -> Data {
        if pending.isEmpty, !receive() { throw .malformed }
        let piece = pending.prefix(count)
        pending = Data(pending.dropFirst(piece.count))
        return Data(piece)
    }

    private mutating func readLine() throws(HTTPViolation) -> Data {
        while true {
            if let end = pending.firstRange(of: Data("\r\n".utf8)) {
                let line = Data(pending[..<end.lowerBound])
                pending = Data(pending[end.upperBound...])
                return line
            }
            guard pending.count <= 1024, receive() else { throw .malformed }
        }
    }

    private mutating func receive() -> Bool {
        var buffer = [UInt8](repeating: 0, count: 1 << 14)
        while true {
            let count = recv(descriptor, &buffer, buffer.count, 0)
            if count < 0, errno == EINTR { continue }
            guard count > 0 else { return false }
            pending.append(contentsOf: buffer[..<count])
            return true
        }
    }

    @discardableResult
    private func write(_ bytes: Data) -> Bool {
        bytes.withUnsafeBytes { buffer in
            var sent = 0
            while sent < buffer.count {
                let piece = UnsafeRawBufferPointer(rebasing: buffer[sent...])
                let count = send(descriptor, piece.baseAddress, piece.count, Self.sendFlags)
                if count < 0, errno == EINTR { continue }
                guard count > 0 else { return false }
                sent += count
            }
            return true
        }
    }

    #if canImport(Glibc)
        private static let sendFlags = Int32(MSG_NOSIGNAL)
    #else
        private static let sendFlags: Int32 = 0
    #endif
}

/// Why a request can't be parsed. The connection is closed after the response.
enum HTTPViolation: Error {
    case malformed, tooLargeHead, tooLargeBody

    var response: IssuerResponse {
        switch self {
        case .malformed: .failure(400, "This isn't a well-formed HTTP/1.1 request.")
        case .tooLargeHead: .failure(431, "The request's headers are too large.")
        case .tooLargeBody: .failure(413, "The request's body is too large.")
        }
    }
}
