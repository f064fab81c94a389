import Foundation
import Synchronization
import VisitorSessions

/// Tells a long writer that other processes wait to write: SQLite's lock doesn't.
///
/// A process that finds the database locked shares a lock on the store's folder while it waits (flock(2): no file is made
/// for it, it ends with its process, and it is independent of SQLite's own locks). An import tries now and then whether it
/// could have that lock exclusively, and yields if it couldn't.
///
/// For the thread that writes: both wait by blocking it.
final class WriteTurn: Sendable {
    /// Between two tries to write.
    private static let pause = Duration.milliseconds(2)

    private struct State {
        var waitingSince = ContinuousClock.now

        /// Whether one went on waiting that could have written: a process that was stopped, or another program.
        var ignoresWaiters = false
    }

    private let folder: Int32
    private let timeout: Duration
    private let patience: Duration
    private let state = Mutex(State())

    /// - Parameters:
    ///   - timeout: How long to wait for another connection's lock.
    ///   - patience: How long to yield to others.
    init(in folder: URL, timeout: Duration, patience: Duration = .seconds(1)) {
        // If it can't be read, no one is seen, and all wait as SQLite does.
        self.folder = Foundation.open(folder.path, O_RDONLY | O_DIRECTORY | O_CLOEXEC)
        self.timeout = timeout
        self.patience = patience
    }

    deinit {
        if folder >= 0 { close(folder) }
    }

    /// SQLite's busy handler: waits a moment, visibly. Returns whether to try again.
    func wait(after tries: Int) -> Bool {
        let now = ContinuousClock.now
        let since = state.withLock { state in
            if tries == 0 { state.waitingSince = now }
            return state.waitingSince
        }
        guard now - since < timeout else { return false }
        flock(folder, LOCK_SH | LOCK_NB)
        Self.rest()
        flock(folder, LOCK_UN)
        return true
    }

    /// Whether another process waits that writes as soon as it can.
    var isWanted: Bool { isMarked && !state.withLock(\.ignoresWaiters) }

    /// Waits until no one else waits, at most for `patience`.
    func yieldToWaiters() {
        guard isMarked else { return state.withLock { $0.ignoresWaiters = false } }
        let end = ContinuousClock.now + patience
        while isWanted {
            if ContinuousClock.now > end { state.withLock { $0.ignoresWaiters = true } }
            Self.rest()
            Self.rest()
        }
    }

    private var isMarked: Bool {
        guard flock(folder, LOCK_EX | LOCK_NB) != 0 else {
            flock(folder, LOCK_UN)
            return false
        }
        return errno == EWOULDBLOCK
    }

    private static func rest() {
        Thread.sleep(forTimeInterval: pause.inSeconds)
    }
}
