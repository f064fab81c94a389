import Dispatch
import Foundation
import SessionSQL
import Synchronization
import VisitorSessions

/// Sees the commits of other stores, while it lives, on a connection of its own.
///
/// The server tells of commits where it can reach us. Behind a pooler it cannot, and the store is looked at twice a second.
/// After a connection was lost, and found again, everything may have changed.
final class ChangeWatch: Sendable {
    /// How often a server that tells by itself is asked whether it is still there.
    private static let heartbeat = Duration.seconds(10)
    private static let pollingPause = Duration.milliseconds(500)
    private static let restingPause = Duration.milliseconds(500)

    private let stop: StopPipe?

    /// Calls `changed`, on a queue of its own, for commits that `ignored` has not made.
    init(_ connector: Connector, ignoring ignored: String, changed: @escaping @Sendable () -> Void) {
        let stop = StopPipe()
        self.stop = stop
        guard let stop else { return }
        DispatchQueue(label: "session-inspector.postgres.changes").async {
            while !stop.isStopped {
                do {
                    try Self.watch(connector.connect(), stop, ignored, changed)
                } catch {
                    // A subscriber that reads now finds out, and says so.
                    changed()
                    stop.wait(atMost: Self.restingPause)
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
        let isTold = try listens(db)
        var known = try writes(db)
        // What was committed before the watch stood.
        changed()
        while !stop.isStopped {
            if isTold {
                let payloads = try db.notifications(orReadable: stop.descriptor, atMost: heartbeat)
                if payloads.contains(where: { $0 != ignored }) { changed() }
                // The silence may be that of a server that is gone.
                if payloads.isEmpty, !stop.isStopped { _ = try writes(db) }
            } else {
                stop.wait(atMost: pollingPause)
                let writes = try writes(db)
                if writes != known { changed() }
                known = writes
            }
        }
    }

    /// Whether notifications come here. A pooler passes `LISTEN` on to whichever connection is free, and none comes back; it
    /// shows in the number of the process that serves us, which it does not know.
    private static func listens(_ db: PostgresConnection) throws -> Bool {
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
        try db.execute("SELECT writes FROM session_inspector.pulse").first?.number(0)
    }
}

/// Ends a wait in `poll`, from any thread and for good. Owns its descriptors.
private final class StopPipe: Sendable {
    /// Can be read as soon as it is stopped.
    let descriptor: Int32
    private let end: Int32
    private let stopped = Atomic(false)

    /// `nil`: the process has no descriptor left.
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

    /// Returns as soon as it is stopped.
    func wait(atMost pause: Duration) {
        var descriptors = [pollfd(fd: descriptor, events: Int16(POLLIN), revents: 0)]
        poll(&descriptors, 1, Int32(pause / .milliseconds(1)))
    }
}
