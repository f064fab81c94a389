import Foundation
import Synchronization

/// A small HTTP/1.1 server on 127.0.0.1 (RFC 9112): one thread a connection, with limits on everything a client
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
