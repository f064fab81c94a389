import Foundation
import Synchronization

/// A small HTTP/1.1 server on 127.0.0.1 (RFC 9112): one thread per connection, with limits on everything a client
/// controls.
///
/// It only accepts loopback hosts and origins, so that remote web pages can't reach it through a browser.
final class LoopbackServer: Sendable {
    /// Called on the connection's thread.
    typealias Handler = @Sendable (IssuerRequest) -> ResponsePlan

    private static let connectionLimit = 256

    private struct State {
        var connections: Set<Int32> = []
        var isStopped = false
    }

    let port: UInt16
    private let listener: Int32
    private let handler: Handler
    private let host: String?
    private let state = Mutex(State())
    private let connectionSlots = DispatchSemaphore(value: connectionLimit)
    private let requests = DispatchGroup()
    private let threads = DispatchGroup()
    private let stopping = DispatchSemaphore(value: 0)

    /// - Parameter port: 0: any free port.
    init(port: UInt16, host: String? = nil, handler: @escaping Handler) throws(POSIXError) {
        self.host = host
        let listener = socket(AF_INET, Self.streamType, 0)
        guard listener >= 0 else { throw Self.error() }
        var yes: Int32 = 1
        setsockopt(listener, SOL_SOCKET, SO_REUSEADDR, &yes, socklen_t(MemoryLayout<Int32>.size))
        var address = sockaddr_in()
        address.sin_family = sa_family_t(AF_INET)
        address.sin_port = port.bigEndian
        address.sin_addr.s_addr = UInt32(INADDR_LOOPBACK).bigEndian
        var size = socklen_t(MemoryLayout<sockaddr_in>.size)
        let isListening = withUnsafeMutablePointer(to: &address) {
            $0.withMemoryRebound(to: sockaddr.self, capacity: 1) {
                bind(listener, $0, size) == 0 && listen(listener, 128) == 0 && getsockname(listener, $0, &size) == 0
            }
        }
        guard isListening else {
            let error = Self.error()
            Foundation.close(listener)
            throw error
        }
        self.listener = listener
        self.port = UInt16(bigEndian: address.sin_port)
        self.handler = handler
        threads.enter()
        Thread.detachNewThread { [self] in
            accept()
            Foundation.close(listener)
            threads.leave()
        }
    }

    /// Stops listening, waits two seconds for requests in flight, and returns when all connections are closed.
    func stop() async {
        close()
        await withCheckedContinuation { continuation in
            DispatchQueue.global().async { [self] in
                _ = requests.wait(timeout: .now() + 2)
                state.withLock { state in
                    for connection in state.connections { shutdown(connection, Int32(SHUT_RDWR)) }
                }
                for _ in 0..<Self.connectionLimit { stopping.signal() }
                threads.wait()
                continuation.resume()
            }
        }
    }

    func close() {
        let isFirst = state.withLock { state in
            defer { state.isStopped = true }
            return !state.isStopped
        }
        guard isFirst else { return }
        shutdown(listener, Int32(SHUT_RDWR))
        connectionSlots.signal()
    }

    private func accept() {
        while true {
            connectionSlots.wait()
            let connection = Foundation.accept(listener, nil, nil)
            guard !state.withLock({ $0.isStopped }) else {
                if connection >= 0 { Foundation.close(connection) }
                return
            }
            guard connection >= 0 else {
                connectionSlots.signal()
                // Probably out of descriptors: wait for some to be closed.
                if errno != EINTR, errno != ECONNABORTED { usleep(10_000) }
                continue
            }
            _ = fcntl(connection, F_SETFD, FD_CLOEXEC)
            state.withLock { _ = $0.connections.insert(connection) }
            threads.enter()
            Thread.detachNewThread { [self] in
                HTTPConnection(connection, host: host).serve { respond(to: $0) }
                state.withLock { _ = $0.connections.remove(connection) }
                Foundation.close(connection)
                connectionSlots.signal()
                threads.leave()
            }
        }
    }

    /// The response, after its latency. `nil`: the server was stopped.
    private func respond(to request: IssuerRequest) -> ResponsePlan? {
        requests.enter()
        defer { requests.leave() }
        let plan = handler(request)
        guard plan.latency > .zero else { return plan }
        let nanoseconds = Int((plan.latency / .nanoseconds(1)).rounded())
        return stopping.wait(timeout: .now() + .nanoseconds(nanoseconds)) == .timedOut ? plan : nil
    }

    private static func error() -> POSIXError {
        POSIXError(POSIXErrorCode(rawValue: errno) ?? .EIO)
    }

    #if canImport(Glibc)
        private static let streamType = Int32(SOCK_STREAM.rawValue) | Int32(SOCK_CLOEXEC.rawValue)
    #else
        private static let streamType = SOCK_STREAM
    #endif
}

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

    /// Bytes that were received but not parsed yet.
    private var pending = Data()

    /// - Parameters:
    ///   - descriptor: The connection's socket. The caller closes it.
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

    /// Reads a request's head. `nil`: the client closed the connection or timed out.
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

    /// Reads the body. `nil` if it is larger than ``IssuerRequest/bodyLimit``; it is then read anyway, because a client
    /// that is still sending might never see the response.
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
