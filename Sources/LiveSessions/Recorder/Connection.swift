import Foundation

/// A nonblocking socket and what is still to be written to it.
struct Stream {
    /// While more bytes than this are waiting, the other side isn't read.
    static let limit = 256 << 10

    let descriptor: Int32
    var unwritten: [UInt8] = []
    var offset = 0

    /// Whether the peer has ended its side.
    var hasEnded = false

    /// Whether our side is to be ended after the unwritten bytes, and has been.
    var isEnding = false
    var isEnded = false

    var waits: Int { unwritten.count - offset }

    /// Makes a descriptor nonblocking, closed on exec and silent on broken pipes.
    static func prepare(_ descriptor: Int32) {
        _ = fcntl(descriptor, F_SETFL, fcntl(descriptor, F_GETFL) | O_NONBLOCK)
        _ = fcntl(descriptor, F_SETFD, FD_CLOEXEC)
    }

    /// Writes what the peer takes. Returns whether the stream still works.
    mutating func flush() -> Bool {
        while waits > 0 {
            let count = unwritten.withUnsafeBytes { bytes in
                send(descriptor, bytes.baseAddress.map { $0 + offset }, waits, Int32(MSG_NOSIGNAL))
            }
            if count < 0 {
                if errno == EINTR { continue }
                return errno == EAGAIN
            }
            offset += count
        }
        (unwritten, offset) = ([], 0)
        if isEnding, !isEnded {
            isEnded = true
            shutdown(descriptor, Int32(SHUT_WR))
        }
        return true
    }
}

/// One connection of the application: its side and the wire's, and the exchanges between them.
///
/// Used by the recorder's thread only.
final class Connection {
    private var app: Stream
    private var wire: Stream
    private var tracker: ExchangeTracker
    private var isBroken = false
    private var isClosed = false
    private var buffer = [UInt8](repeating: 0, count: 64 << 10)

    init(app: Int32, wire: Int32, process: Int32) {
        self.app = Stream(descriptor: app)
        self.wire = Stream(descriptor: wire)
        tracker = ExchangeTracker(process: process)
        // Tells the hook that both sockets have arrived.
        self.app.unwritten = [UInt8(ascii: "\n")]
        isBroken = !self.app.flush()
    }

    /// What to wait for: bytes from a side whose other side keeps up, and room for unwritten bytes.
    var interests: [pollfd] {
        [interest(in: app, other: wire), interest(in: wire, other: app)]
    }

    private func interest(in stream: Stream, other: Stream) -> pollfd {
        var events = 0
        if !stream.hasEnded, other.waits < Stream.limit { events |= Int(POLLIN) }
        if stream.waits > 0 { events |= Int(POLLOUT) }
        return pollfd(fd: events == 0 ? -1 : stream.descriptor, events: Int16(events), revents: 0)
    }

    func isReady(_ ready: Set<Int32>) -> Bool {
        ready.contains(app.descriptor) || ready.contains(wire.descriptor)
    }

    /// Moves bytes in both directions.
    func move(at now: Duration, report: (RecorderEvent) -> Void) {
        pass(from: \.app, to: \.wire) { for exchange in tracker.sent($0, at: now) { report(.sent(exchange)) } }
        pass(from: \.wire, to: \.app) { for exchange in tracker.received($0, at: now) { report(.ended(exchange)) } }
        if !app.flush() || !wire.flush() { isBroken = true }
    }

    private func pass(
        from source: ReferenceWritableKeyPath<Connection, Stream>,
        to sink: ReferenceWritableKeyPath<Connection, Stream>, see: (ArraySlice<UInt8>) -> Void
    ) {
        while !self[keyPath: source].hasEnded, self[keyPath: sink].waits < Stream.limit {
            let count = read(self[keyPath: source].descriptor, &buffer, buffer.count)
            if count < 0 {
                if errno == EINTR { continue }
                if errno != EAGAIN { isBroken = true }
                return
            }
            guard count > 0 else {
                self[keyPath: source].hasEnded = true
                self[keyPath: sink].isEnding = true
                return
            }
            self[keyPath: sink].unwritten += buffer[..<count]
            // Pass the bytes on before looking at them.
            if !self[keyPath: sink].flush() { isBroken = true }
            see(buffer[..<count])
        }
    }

    /// Closes the connection if both sides have ended, or one is broken. Returns whether it is closed.
    func closeIfDone(at now: Duration, report: (RecorderEvent) -> Void) -> Bool {
        let isDone = app.hasEnded && wire.hasEnded && app.waits == 0 && wire.waits == 0
        if isBroken || isDone { closeAll(at: now, report: report) }
        return isClosed
    }

    func closeAll(at now: Duration, report: (RecorderEvent) -> Void) {
        guard !isClosed else { return }
        isClosed = true
        close(app.descriptor)
        close(wire.descriptor)
        for exchange in tracker.close(at: now) { report(.ended(exchange)) }
    }
}
