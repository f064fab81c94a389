import Foundation

/// A nonblocking socket and what is still to be written to it.
struct Stream {
    /// While more bytes than this are waiting, the other side isn't read, and no more than this is read at once.
    static let limit = 256 << 10

    let descriptor: Int32
    var unwritten: [UInt8] = []
    var offset = 0

    /// Whether the peer has ended its side.
    var hasEnded = false

    /// Whether our side should end after the unwritten bytes, and whether it has ended.
    var isEnding = false
    var isEnded = false

    var pendingCount: Int { unwritten.count - offset }

    /// Adds a frame, which tells the hook how many of the application's bytes it replaces, and whether they are
    /// unchanged.
    mutating func add(_ bytes: some Collection<UInt8>, for original: Int? = nil) {
        let head = [original.map { UInt32($0) | 1 << 31 } ?? UInt32(bytes.count), UInt32(bytes.count)]
        for number in head { withUnsafeBytes(of: number.bigEndian) { unwritten += $0 } }
        unwritten += bytes
    }

    /// Makes a descriptor nonblocking, closed on exec and silent on broken pipes.
    static func prepare(_ descriptor: Int32) {
        _ = fcntl(descriptor, F_SETFL, fcntl(descriptor, F_GETFL) | O_NONBLOCK)
        _ = fcntl(descriptor, F_SETFD, FD_CLOEXEC)
    }

    /// Writes as much as the peer accepts. Returns whether the stream still works.
    mutating func flush() -> Bool {
        while pendingCount > 0 {
            let count = unwritten.withUnsafeBytes { bytes in
                send(descriptor, bytes.baseAddress.map { $0 + offset }, pendingCount, Int32(MSG_NOSIGNAL))
            }
            if count < 0 {
                if errno == EINTR { continue }
                // Under a steady load the buffer may never empty, so what was written is removed.
                if offset > Self.limit {
                    let error = errno
                    unwritten.removeFirst(offset)
                    (offset, errno) = (0, error)
                }
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

/// One connection of the application: its requests, which are passed on to the wire, and a copy of the server's
/// responses.
///
/// Used by the recorder's thread only.
final class Connection {
    private var app: Stream
    private var wire: Stream
    private var tracker: ExchangeTracker
    private var rewriter = RequestRewriter()
    private let rules: TokenRules
    private var isBroken = false

    /// Whether a request is waiting for its token's rule, or a refusal is waiting for earlier responses.
    private(set) var isWaiting = false
    private var isClosed = false
    private var buffer = [UInt8](repeating: 0, count: 64 << 10)

    init(app: Int32, wire: Int32, process: Int32, rules: TokenRules) {
        self.app = Stream(descriptor: app)
        self.wire = Stream(descriptor: wire)
        self.rules = rules
        tracker = ExchangeTracker(process: process)
        // Tells the hook that both sockets have arrived.
        self.app.unwritten = [UInt8(ascii: "\n")]
        isBroken = !self.app.flush()
    }

    /// What to wait for: bytes from a side whose other side keeps up, and room for unwritten bytes.
    var interests: [pollfd] {
        [
            interest(in: app, hasRoom: !isWaiting && wire.pendingCount < Stream.limit),
            interest(in: wire, hasRoom: true),
        ]
    }

    private func interest(in stream: Stream, hasRoom: Bool) -> pollfd {
        var events = 0
        if !stream.hasEnded, hasRoom { events |= Int(POLLIN) }
        if stream.pendingCount > 0 { events |= Int(POLLOUT) }
        return pollfd(fd: events == 0 ? -1 : stream.descriptor, events: Int16(events), revents: 0)
    }

    func isReady(_ ready: Set<Int32>) -> Bool {
        ready.contains(app.descriptor) || ready.contains(wire.descriptor)
    }

    /// Passes requests on, and reads responses.
    func move(at now: Duration, report: (RecorderEvent) -> Void) {
        send(at: now, report: report)
        read(\.app, while: { !isWaiting && wire.pendingCount < Stream.limit }) { bytes in
            rewriter.add(bytes)
            send(at: now, report: report)
        }
        if app.hasEnded {
            rewriter.close()
            send(at: now, report: report)
        }
        var count = 0
        read(\.wire, while: { count < Stream.limit }) { bytes in
            count += bytes.count
            for exchange in tracker.received(bytes, at: now) { report(.ended(exchange)) }
        }
        if isWaiting { send(at: now, report: report) }
        if app.hasEnded, !isWaiting { wire.isEnding = true }
        if wire.hasEnded { app.isEnding = true }
        flush()
    }

    /// Sends the application's requests on, or refuses them.
    private func send(at now: Duration, report: (RecorderEvent) -> Void) {
        isWaiting = false
        func pass(_ bytes: [UInt8], for original: [UInt8], _ intervention: Exchange.Intervention? = nil) {
            wire.add(bytes, for: intervention == nil ? nil : original.count)
            flush()
            let seen = intervention == .refused ? original : bytes
            for exchange in tracker.sent(seen[...], at: now, intervention) { report(.sent(exchange)) }
        }
        // A refusal waits for the responses to earlier requests.
        while let step = rewriter.next({ [isIdle = tracker.isIdle] token in
            let rule = rules.rule(for: token)
            if case .refuse = rule { return isIdle ? rule : nil }
            return rule
        }) {
            switch step {
            case .wait: return isWaiting = true
            case .pass(let bytes): pass(bytes, for: bytes)
            case .substitute(let bytes, let original, let token): pass(bytes, for: original, .substituted(token))
            case .drop(let bytes): pass([], for: bytes, .refused)
            case .refuse(let bytes, let response):
                pass([], for: bytes, .refused)
                app.unwritten += response
                for exchange in tracker.received(response[...], at: now) { report(.ended(exchange)) }
            }
        }
    }

    private func flush() {
        if !app.flush() || !wire.flush() { isBroken = true }
    }

    private func read(
        _ source: ReferenceWritableKeyPath<Connection, Stream>, while hasRoom: () -> Bool,
        take: (ArraySlice<UInt8>) -> Void
    ) {
        while !self[keyPath: source].hasEnded, hasRoom() {
            let count = Foundation.read(self[keyPath: source].descriptor, &buffer, buffer.count)
            if count < 0 {
                if errno == EINTR { continue }
                if errno != EAGAIN { isBroken = true }
                return
            }
            guard count > 0 else { return self[keyPath: source].hasEnded = true }
            take(buffer[..<count])
        }
    }

    /// Closes the connection if both sides have ended, or one is broken. Returns whether it is closed.
    func closeIfDone(at now: Duration, report: (RecorderEvent) -> Void) -> Bool {
        let isDone = app.hasEnded && wire.hasEnded && app.pendingCount == 0 && wire.pendingCount == 0 && !isWaiting
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
