import Dispatch
import Foundation
import SessionSQL
import Synchronization
import VisitorSessions

/// Reports the commits of other stores, on a connection of its own, until it is deallocated.
///
/// Uses the server's notifications. Poolers don't forward them, so the store is then polled twice a second. After
/// reconnecting, reports a change, because commits may have been missed.
final class ChangeWatch: Sendable {
    /// How often to check that a silent server is still there.
    private static let heartbeat = Duration.seconds(10)
    private static let pollingInterval = Duration.milliseconds(500)
    private static let reconnectDelay = Duration.milliseconds(500)

    private let stop: StopPipe?

    /// Calls `changed`, on its own queue, for commits of writers other than `ignored`.
    init(_ connector: Connector, ignoring ignored: String, changed: @escaping @Sendable () -> Void) {
        let stop = StopPipe()
        self.stop = stop
        guard let stop else { return }
        DispatchQueue(label: "session-inspector.postgres.changes").async {
            while !stop.isStopped {
                do {
                    try Self.watch(connector.connect(), stop, ignored, changed)
                } catch {
                    // Subscribers then read, and report the error.
                    changed()
                    stop.wait(atMost: Self.reconnectDelay)
                }
            }
        }
    }

    deinit {
        stop?.stop()
    }

    private static func watch(
        _ db: PostgresConnection, _ stop: StopPipe, _ ignored: String, _ changed: () -> Void
    ) throws {
        let receivesNotifications = try receivesNotifications(db)
        var known = try writes(db)
        // Catches commits made before the watch began.
        changed()
        while !stop.isStopped {
            if receivesNotifications {
                let payloads = try db.notifications(orReadable: stop.descriptor, atMost: heartbeat)
                if payloads.contains(where: { $0 != ignored }) { changed() }
                // The server may have disappeared.
                if payloads.isEmpty, !stop.isStopped { _ = try writes(db) }
            } else {
                stop.wait(atMost: pollingInterval)
                let writes = try writes(db)
                if writes != known { changed() }
                known = writes
            }
        }
    }

    /// Whether notifications arrive. A pooler would pass `LISTEN` to any free connection. It is recognized because it
    /// doesn't report the backend's real process ID.
    private static func receivesNotifications(_ db: PostgresConnection) throws -> Bool {
        do throws(PostgresFailure) {
            let process = try db.execute("SELECT pg_backend_pid()::bigint").first?.number(0)
            guard process == Int64(db.backendID) else { return false }
            try db.execute("LISTEN \(raw: JournalRows.channel)")
            return true
        } catch {
            guard !error.isConnectionLost else { throw error }
            return false
        }
    }

    private static func writes(_ db: PostgresConnection) throws -> Int64? {
        try db.execute("SELECT writes FROM session_inspector.journal_head").first?.number(0)
    }
}

/// Interrupts a wait in `poll`, from any thread and permanently.
private final class StopPipe: Sendable {
    /// Readable once stopped.
    let descriptor: Int32
    private let end: Int32
    private let stopped = Atomic(false)

    /// `nil`: the process is out of descriptors.
    init?() {
        var ends: [Int32] = [0, 0]
        guard pipe(&ends) == 0 else { return nil }
        (descriptor, end) = (ends[0], ends[1])
        for end in ends { _ = fcntl(end, F_SETFD, FD_CLOEXEC) }
    }

    deinit {
        close(descriptor)
        close(end)
    }

    var isStopped: Bool { stopped.load(ordering: .acquiring) }

    func stop() {
        stopped.store(true, ordering: .releasing)
        var byte: UInt8 = 0
        _ = write(end, &byte, 1)
    }

    /// Returns early when stopped.
    func wait(atMost pause: Duration) {
        var descriptors = [pollfd(fd: descriptor, events: Int16(POLLIN), revents: 0)]
        poll(&descriptors, 1, Int32(pause / .milliseconds(1)))
    }
}
