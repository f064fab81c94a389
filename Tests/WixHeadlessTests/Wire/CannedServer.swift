import Foundation
import Synchronization

/// A server on loopback that answers one connection after the other with the same bytes, whatever is asked, and
/// closes it. Without an answer it accepts nobody: whoever connects waits in its queue.
final class CannedServer: Sendable {
    /// What happens to a connection after its answer.
    enum Ending {
        /// It is closed.
        case closes
        /// It stays open, and is closed without an answer when the next request has come over it.
        case closesOnNextRequest
    }

    let port: UInt16
    private let listener: Int32
    private let isSilent: Bool
    private let received = Mutex<[String]>([])

    var url: URL {
        get throws {
            guard let url = URL(string: "http://127.0.0.1:\(port)/") else { throw POSIXError(.EINVAL) }
            return url
        }
    }

    /// Each request that came.
    var requests: [String] { received.withLock(\.self) }

    init(_ answer: String? = nil, ending: Ending = .closes) throws {
        let listener = socket(AF_INET, Int32(SOCK_STREAM.rawValue), 0)
        var address = sockaddr_in()
        address.sin_family = sa_family_t(AF_INET)
        address.sin_addr.s_addr = inet_addr("127.0.0.1")
        var size = socklen_t(MemoryLayout<sockaddr_in>.size)
        let isBound = withUnsafeMutablePointer(to: &address) {
            $0.withMemoryRebound(to: sockaddr.self, capacity: 1) {
                bind(listener, $0, size) == 0 && listen(listener, 16) == 0 && getsockname(listener, $0, &size) == 0
            }
        }
        guard isBound else {
            close(listener)
            throw POSIXError(.EADDRNOTAVAIL)
        }
        self.listener = listener
        port = UInt16(bigEndian: address.sin_port)
        isSilent = answer == nil
        guard let answer else { return }
        // The thread closes what it listens on: closed here, the number could be somebody else's by then.
        Thread.detachNewThread { [weak self] in
            defer { close(listener) }
            while case let connection = accept(listener, nil, nil), connection >= 0 {
                // A connection may stay open while the next one comes.
                Thread.detachNewThread { [weak self] in self?.serve(connection, Array(answer.utf8), ending) }
            }
        }
    }

    deinit {
        shutdown(listener, Int32(SHUT_RDWR))
        if isSilent { close(listener) }
    }

    private func serve(_ connection: Int32, _ answer: [UInt8], _ ending: Ending) {
        defer { close(connection) }
        guard receive(connection) else { return }
        var rest = answer[...]
        while !rest.isEmpty {
            let sent = rest.withUnsafeBytes { send(connection, $0.baseAddress, $0.count, Int32(MSG_NOSIGNAL)) }
            guard sent > 0 else { break }
            rest = rest.dropFirst(sent)
        }
        guard ending == .closes else {
            _ = receive(connection)
            return
        }
        shutdown(connection, Int32(SHUT_WR))
        // Until the other side has read everything and closed: closing earlier could take the answer back.
        var buffer = [UInt8](repeating: 0, count: 65_536)
        while recv(connection, &buffer, buffer.count, 0) > 0 {}
    }

    /// Reads a request with its body, and returns whether one came.
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
        // A greeting of TLS (RFC 8446, section 5.1) is answered at once: not understood.
        if request.hasPrefix("\u{16}") { return true }
        guard let end = request.firstRange(of: "\r\n\r\n") else { return false }
        let length = request.firstMatch(of: /(?i)content-length: ([0-9]+)/).flatMap { Int($0.1) } ?? 0
        return request[end.upperBound...].utf8.count >= length
    }
}
