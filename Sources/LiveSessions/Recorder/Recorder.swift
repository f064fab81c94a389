import Foundation
import VisitorSessions

/// Relays an application's TLS traffic between pairs of Unix sockets, and reports the HTTP exchanges in it.
///
/// It changes nothing but tokens that ``TokenRules`` replace, makes no connection, and holds no key: the application's own
/// process speaks TLS. The socket is in a folder that only its owner can enter.
final class Recorder: Sendable {
    /// The socket's path, which the hook connects to.
    let path: String
    private let folder: URL
    private let rules: TokenRules
    private let wakeUp: Int32

    /// Starts listening, on a thread of its own.
    ///
    /// - Parameters:
    ///   - folder: A new folder for the socket. It is removed by ``stop()``.
    ///   - rules: What happens to the tokens of requests.
    ///   - report: Called on that thread with each event. It must not block.
    ///   - ended: Called on that thread after the last event.
    init(
        folder: URL, rules: TokenRules, report: @escaping @Sendable (RecorderEvent) -> Void,
        ended: @escaping @Sendable () -> Void
    ) throws(FileError) {
        self.folder = folder
        self.rules = rules
        path = Self.socketPath(in: folder)
        guard mkdir(folder.path, 0o700) == 0 else { throw .last }
        var ends: [Int32] = [-1, -1]
        guard pipe(&ends) == 0 else { throw .last }
        wakeUp = ends[1]
        let listener = try Self.listen(at: path)
        for descriptor in ends + [listener] { Stream.prepare(descriptor) }
        let loop = RecorderLoop(listener: listener, wakeUp: ends[0], rules: rules, report: report)
        rules.onChange { [wakeUp] in
            var byte: UInt8 = 0
            // If the pipe is full, the loop wakes up anyway.
            _ = write(wakeUp, &byte, 1)
        }
        let thread = Thread {
            loop.run()
            ended()
        }
        thread.name = "recorder"
        thread.start()
    }

    /// Closes all connections and removes the socket. The application's next connections are direct.
    func stop() {
        unlink(path)
        rmdir(folder.path)
        rules.onChange(nil)
        close(wakeUp)
    }

    static func socketPath(in folder: URL) -> String {
        folder.appending(path: "recorder.sock").path
    }

    /// A socket's path must be shorter than this, in bytes (`sun_path`).
    static let pathLimit = MemoryLayout.size(ofValue: sockaddr_un().sun_path)

    private static func listen(at path: String) throws(FileError) -> Int32 {
        var address = sockaddr_un()
        address.sun_family = sa_family_t(AF_UNIX)
        guard path.utf8.count < pathLimit else { throw .system(.ENAMETOOLONG) }
        withUnsafeMutableBytes(of: &address.sun_path) { $0.copyBytes(from: Array(path.utf8)) }
        #if canImport(Glibc)
            let descriptor = socket(AF_UNIX, Int32(SOCK_STREAM.rawValue), 0)
        #else
            let descriptor = socket(AF_UNIX, SOCK_STREAM, 0)
        #endif
        guard descriptor >= 0 else { throw .last }
        let bound = withUnsafePointer(to: &address) {
            $0.withMemoryRebound(to: sockaddr.self, capacity: 1) {
                bind(descriptor, $0, socklen_t(MemoryLayout<sockaddr_un>.size))
            }
        }
        guard bound == 0, Foundation.listen(descriptor, 128) == 0 else { throw .last }
        return descriptor
    }
}

/// The loop of a recorder. Used by its thread only.
final class RecorderLoop: @unchecked Sendable {
    private let listener: Int32
    private let wakeUp: Int32
    private let rules: TokenRules
    private let report: (RecorderEvent) -> Void

    /// Sockets that haven't said yet which connection they belong to, and the bytes of their first line.
    private var greeting: [Int32: [UInt8]] = [:]

    /// Connections with one socket, by the name that the hook gave them.
    private var waiting: [String: (app: Int32?, wire: Int32?)] = [:]
    private var connections: [Connection] = []

    /// The number of descriptors that connections leave to the rest of the process. Without any, the store can't be
    /// opened, and Dispatch crashes when it reads its threads' states.
    private static let reserve = 16

    /// A spare descriptor, closed for a moment when no other is left.
    private var spare = open("/dev/null", O_RDONLY | O_CLOEXEC)

    init(listener: Int32, wakeUp: Int32, rules: TokenRules, report: @escaping (RecorderEvent) -> Void) {
        self.listener = listener
        self.wakeUp = wakeUp
        self.rules = rules
        self.report = report
    }

    func run() {
        while true {
            var polled = [pollfd(fd: wakeUp, events: Int16(POLLIN), revents: 0)]
            polled.append(pollfd(fd: listener, events: Int16(POLLIN), revents: 0))
            polled += greeting.keys.map { pollfd(fd: $0, events: Int16(POLLIN), revents: 0) }
            // `poll` reports a closed peer even if no events are requested.
            polled += waiting.values.map { pollfd(fd: $0.app ?? $0.wire ?? -1, events: 0, revents: 0) }
            for connection in connections { polled += connection.interests }
            guard poll(&polled, nfds_t(polled.count), -1) >= 0 || errno == EINTR else { break }
            let ready = Set(polled.filter { $0.revents != 0 }.map(\.fd))
            if ready.contains(wakeUp), !drainWakeUps() { break }
            for (name, pair) in waiting {
                // The hook gave up the connection before its other socket arrived.
                guard let descriptor = pair.app ?? pair.wire, ready.contains(descriptor) else { continue }
                waiting[name] = nil
                close(descriptor)
            }
            if ready.contains(listener) { acceptAll() }
            for descriptor in ready.intersection(greeting.keys) { greet(descriptor) }
            let now = Self.now()
            for connection in connections where connection.isReady(ready) || connection.isWaiting {
                connection.move(at: now, report: report)
            }
            connections.removeAll { $0.closeIfDone(at: now, report: report) }
        }
        for descriptor in greeting.keys { close(descriptor) }
        for descriptor in waiting.values.flatMap({ [$0.app, $0.wire] }).compactMap(\.self) { close(descriptor) }
        for connection in connections { connection.closeAll(at: Self.now(), report: report) }
        for descriptor in [listener, wakeUp, spare] where descriptor >= 0 { close(descriptor) }
    }

    /// Returns whether the recorder continues. It ends when the pipe is closed.
    private func drainWakeUps() -> Bool {
        var bytes = [UInt8](repeating: 0, count: 64)
        return read(wakeUp, &bytes, bytes.count) != 0
    }

    static func now() -> Duration {
        var time = timespec()
        clock_gettime(CLOCK_MONOTONIC, &time)
        return .seconds(time.tv_sec) + .nanoseconds(time.tv_nsec)
    }

    private func acceptAll() {
        while true {
            let descriptor = accept(listener, nil, nil)
            guard descriptor >= 0 else {
                if errno == EMFILE || errno == ENFILE, refuseOne() { continue }
                return
            }
            // The system assigns the lowest free number, so a high one means that few are left.
            guard Int(descriptor) < DescriptorLimit.current - Self.reserve else {
                close(descriptor)
                continue
            }
            Stream.prepare(descriptor)
            greeting[descriptor] = []
        }
    }

    /// Closes one connection for which no descriptor is left, so that the application connects directly at once.
    /// Otherwise the application would wait, and the listener would stay ready.
    private func refuseOne() -> Bool {
        guard spare >= 0 else { return false }
        close(spare)
        let descriptor = accept(listener, nil, nil)
        if descriptor >= 0 { close(descriptor) }
        spare = open("/dev/null", O_RDONLY | O_CLOEXEC)
        return descriptor >= 0
    }

    /// Reads the first line of a socket, byte by byte, because what follows belongs to the application.
    private func greet(_ descriptor: Int32) {
        while var line = greeting[descriptor] {
            var byte: UInt8 = 0
            let count = read(descriptor, &byte, 1)
            if count < 0, errno == EAGAIN || errno == EINTR { return }
            guard count == 1, line.count < 64 else {
                greeting[descriptor] = nil
                close(descriptor)
                return
            }
            guard byte == UInt8(ascii: "\n") else {
                line.append(byte)
                greeting[descriptor] = line
                continue
            }
            greeting[descriptor] = nil
            join(descriptor, String(decoding: line, as: UTF8.self))
        }
    }

    /// Joins both sockets of a connection. `A` is the application's side, `W` the wire's.
    private func join(_ descriptor: Int32, _ line: String) {
        let words = line.split(separator: " ").map(String.init)
        guard words.count == 2, ["A", "W"].contains(words[0]) else {
            close(descriptor)
            return
        }
        var pair = waiting[words[1]] ?? (nil, nil)
        if words[0] == "A" { pair.app = descriptor } else { pair.wire = descriptor }
        guard let app = pair.app, let wire = pair.wire else {
            waiting[words[1]] = pair
            return
        }
        waiting[words[1]] = nil
        let process = Int32(words[1].prefix { $0 != "-" }) ?? 0
        let connection = Connection(app: app, wire: wire, process: process, rules: rules)
        connections.append(connection)
    }
}
