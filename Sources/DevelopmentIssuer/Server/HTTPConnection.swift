import Foundation

/// Requests and answers on one connection (RFC 9112). Blocks.
struct HTTPConnection {
    /// The largest head of a request, in bytes.
    private static let headLimit = 1 << 15

    /// The largest body that is read to its end, in bytes. One that is larger than ``IssuerRequest/bodyLimit`` is forgotten.
    private static let discardLimit = 1 << 26

    /// How long a client may be silent, in seconds, and how long it may take for one head.
    private static let patience = 120
    private static let headPatience = Duration.seconds(30)

    private let descriptor: Int32

    /// What has arrived and not been read.
    private var pending = Data()

    /// - Parameter descriptor: Stays its owner's.
    init(_ descriptor: Int32) {
        self.descriptor = descriptor
        var yes: Int32 = 1
        // An answer goes out at once, without waiting for the last one to be acknowledged.
        setsockopt(descriptor, Int32(IPPROTO_TCP), TCP_NODELAY, &yes, socklen_t(MemoryLayout<Int32>.size))
        var time = timeval(tv_sec: Self.patience, tv_usec: 0)
        for option in [SO_RCVTIMEO, SO_SNDTIMEO] {
            setsockopt(descriptor, SOL_SOCKET, option, &time, socklen_t(MemoryLayout<timeval>.size))
        }
    }

    /// Answers one request after the other, until either side has had enough.
    ///
    /// - Parameter answer: `nil`: the connection is to be closed.
    consuming func serve(_ answer: (IssuerRequest) -> IssuerReply?) {
        while true {
            do {
                guard let head = try readHead() else { return }
                if let refusal = head.refusal {
                    write(HTTPAnswer(refusal, isLast: true).bytes)
                    return
                }
                if head.expectsContinue { write(Data("HTTP/1.1 100 Continue\r\n\r\n".utf8)) }
                let body = try readBody(head)
                if let preflight = head.preflight {
                    guard write(preflight.bytes), head.isKeptAlive else { return }
                } else {
                    let request = IssuerRequest(method: head.method, path: head.path, headers: head.headers, body: body)
                    guard let reply = answer(request), deliver(reply, to: head), head.isKeptAlive else { return }
                }
            } catch {
                write(HTTPAnswer(error.answer, isLast: true).bytes)
                return
            }
        }
    }

    /// Returns whether the connection can go on.
    private func deliver(_ reply: IssuerReply, to head: HTTPRequestHead) -> Bool {
        var answer = HTTPAnswer(reply.answer, isLast: !head.isKeptAlive)
        answer.date = reply.date
        answer.origin = head.origin
        answer.hasBody = head.method != "HEAD"
        switch reply.delivery {
        case .whole: return write(answer.bytes)
        case .cut:
            write(answer.bytes.dropLast(answer.hasBody ? reply.answer.body.count - reply.answer.body.count / 2 : 0))
            return false
        case .none: return false
        }
    }

    // MARK: Bytes

    /// `nil`: the client has closed the connection, or was silent for too long.
    private mutating func readHead() throws(HTTPViolation) -> HTTPRequestHead? {
        let deadline = ContinuousClock.now + Self.headPatience
        var searched = 0
        while true {
            // Whatever arrived is searched once: a blank line may begin in the three bytes before.
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

    /// `nil`: it is larger than is looked at. It is read all the same: otherwise its sender would still be writing when the
    /// answer comes, and never see it.
    private mutating func readBody(_ head: HTTPRequestHead) throws(HTTPViolation) -> Data? {
        var body: Data? = Data()
        var total = 0
        func keep(_ piece: Data) throws(HTTPViolation) {
            total += piece.count
            guard total <= Self.discardLimit else { throw .tooLargeBody }
            if total > IssuerRequest.bodyLimit { body = nil }
            body?.append(piece)
        }
        switch head.framing {
        case .length(let length):
            var rest = length
            while rest > 0 {
                let piece = try take(atMost: rest)
                rest -= piece.count
                try keep(piece)
            }
        case .chunked:
            while true {
                let line = try readLine().prefix { $0 != UInt8(ascii: ";") }
                let digits = String(decoding: line, as: UTF8.self).trimmingCharacters(in: .whitespaces)
                guard digits.count <= 8, var rest = Int(digits, radix: 16), rest >= 0 else { throw .malformed }
                guard rest > 0 else { break }
                while rest > 0 {
                    let piece = try take(atMost: rest)
                    rest -= piece.count
                    try keep(piece)
                }
                guard try readLine().isEmpty else { throw .malformed }
            }
            // Trailers say nothing that is listened to.
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

/// What is wrong with a request, so that the connection is of no more use.
enum HTTPViolation: Error {
    case malformed, tooLargeHead, tooLargeBody

    var answer: IssuerAnswer {
        switch self {
        case .malformed: .failure(400, "This isn't a well-formed HTTP/1.1 request.")
        case .tooLargeHead: .failure(431, "The request's headers are too large.")
        case .tooLargeBody: .failure(413, "The request's body is too large.")
        }
    }
}
