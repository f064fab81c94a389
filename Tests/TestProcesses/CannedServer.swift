package import Foundation
import Synchronization

/// A loopback server that sends the same bytes on every connection and closes it. Without a response it doesn't accept:
/// clients wait in its queue.
package final class CannedServer: Sendable {
    /// What happens to a connection after the response.
    package enum Ending: Sendable {
        case closes
        /// Stays open, and is closed without a response when the next request arrives.
        case closesOnNextRequest
        /// Stays open until the client closes it.
        case stays
    }

    package let port: UInt16
    private let listener: Int32
    private let isSilent: Bool
    private let isIPv6: Bool
    private let received = Mutex<[String]>([])
    private let sent = Mutex(0)

    package var url: URL {
        get throws {
            guard let url = URL(string: "http://\(isIPv6 ? "[::1]" : "127.0.0.1"):\(port)/") else {
                throw POSIXError(.EINVAL)
            }
            return url
        }
    }

    /// The requests received.
    package var requests: [String] { received.withLock(\.self) }

    /// The number of response bytes handed to the system.
    package var sentCount: Int { sent.withLock(\.self) }

    package convenience init(_ answer: String? = nil, ending: Ending = .closes) throws {
        try self.init(bytes: answer.map { Data($0.utf8) }, ending: ending)
    }

    /// - Parameters:
    ///   - bytes: The response.
    ///   - repeated: Sent after it, `times` times.
    ///   - onRequest: Called when a request has arrived, before the response.
    ///   - onStart: Called when `bytes` has been sent, before what is repeated.
    package init(
        bytes: Data?, repeating repeated: Data = Data(), times: Int = 0, ending: Ending = .closes, isIPv6: Bool = false,
        onRequest: @escaping @Sendable () -> Void = {}, onStart: @escaping @Sendable () -> Void = {}
    ) throws {
        let listener = socket(isIPv6 ? AF_INET6 : AF_INET, Int32(SOCK_STREAM.rawValue), 0)
        guard let port = isIPv6 ? Self.listen6(listener) : Self.listen(listener) else {
            close(listener)
            throw POSIXError(.EADDRNOTAVAIL)
        }
        self.listener = listener
        self.port = port
        self.isIPv6 = isIPv6
        isSilent = bytes == nil
        guard let bytes else { return }
        // The thread closes the listener: closed here, its descriptor could already belong to another socket.
        Thread.detachNewThread { [weak self] in
            defer { close(listener) }
            while case let connection = accept(listener, nil, nil), connection >= 0 {
                // A connection may stay open while the next one arrives.
                Thread.detachNewThread { [weak self] in
                    defer { close(connection) }
                    guard self?.receive(connection) == true else { return }
                    onRequest()
                    guard self?.send(bytes, over: connection) == true else { return }
                    onStart()
                    for _ in 0..<times { guard self?.send(repeated, over: connection) == true else { return } }
                    self?.end(connection, ending)
                }
            }
        }
    }

    deinit {
        shutdown(listener, Int32(SHUT_RDWR))
        if isSilent { close(listener) }
    }

    private static func listen(_ listener: Int32) -> UInt16? {
        var address = sockaddr_in()
        address.sin_family = sa_family_t(AF_INET)
        address.sin_addr.s_addr = inet_addr("127.0.0.1")
        return listen(listener, &address) ? UInt16(bigEndian: address.sin_port) : nil
    }

    private static func listen6(_ listener: Int32) -> UInt16? {
        var address = sockaddr_in6()
        address.sin6_family = sa_family_t(AF_INET6)
        address.sin6_addr = in6addr_loopback
        return listen(listener, &address) ? UInt16(bigEndian: address.sin6_port) : nil
    }

    private static func listen<Address>(_ listener: Int32, _ address: inout Address) -> Bool {
        var size = socklen_t(MemoryLayout<Address>.size)
        return withUnsafeMutablePointer(to: &address) {
            $0.withMemoryRebound(to: sockaddr.self, capacity: 1) {
                bind(listener, $0, size) == 0 && Foundation.listen(listener, 64) == 0
                    && getsockname(listener, $0, &size) == 0
            }
        }
    }

    private func send(_ bytes: Data, over connection: Int32) -> Bool {
        bytes.withUnsafeBytes { buffer in
            var done = 0
            while done < buffer.count {
                let piece = UnsafeRawBufferPointer(rebasing: buffer[done...].prefix(1 << 16))
                let count = Foundation.send(connection, piece.baseAddress, piece.count, Int32(MSG_NOSIGNAL))
                guard count > 0 else { return false }
                done += count
                sent.withLock { $0 += count }
            }
            return true
        }
    }

    private func end(_ connection: Int32, _ ending: Ending) {
        switch ending {
        case .closesOnNextRequest: _ = receive(connection)
        case .closes, .stays:
            if case .closes = ending { shutdown(connection, Int32(SHUT_WR)) }
            // Wait until the client has read everything and closed: closing earlier could discard unsent data.
            var buffer = [UInt8](repeating: 0, count: 65_536)
            while recv(connection, &buffer, buffer.count, 0) > 0 {}
        }
    }

    /// Reads a request with its body. Returns whether one arrived.
    private func receive(_ connection: Int32) -> Bool {
        var request = ""
        var buffer = [UInt8](repeating: 0, count: 65_536)
        while !Self.isWhole(request) {
            let count = recv(connection, &buffer, buffer.count, 0)
            guard count > 0 else { return false }
            request += String(decoding: buffer[..<count], as: UTF8.self)
        }
        received.withLock { $0.append(request) }
        return true
    }

    private static func isWhole(_ request: String) -> Bool {
        // Reply to a TLS handshake (RFC 8446, section 5.1) at once.
        if request.hasPrefix("\u{16}") { return true }
        guard let end = request.firstRange(of: "\r\n\r\n") else { return false }
        let length = request.firstMatch(of: /(?i)content-length: ([0-9]+)/).flatMap { Int($0.1) } ?? 0
        return request[end.upperBound...].utf8.count >= length
    }
}
