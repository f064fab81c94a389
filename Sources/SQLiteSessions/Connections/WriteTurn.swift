import Foundation
import Synchronization
import VisitorSessions

/// Lets a long writer see that other processes are waiting to write, which SQLite's lock doesn't show.
///
/// A process that finds the database locked holds a shared lock on the store's folder while it waits (flock(2): it
/// creates no file, ends with the process, and is independent of SQLite's locks). An import occasionally tries to lock
/// the folder exclusively, and yields if it can't.
///
/// Blocks the writing thread while waiting.
final class WriteTurn: Sendable {
    /// The pause between attempts to write.
    private static let pauseDuration = Duration.milliseconds(2)

    private struct State {
        var waitingSince = ContinuousClock.now

        /// Whether a waiter didn't write when it could: a stopped process, or another program.
        var ignoresWaiters = false
    }

    private let folder: Int32
    private let timeout: Duration
    private let yieldTimeout: Duration
    private let state = Mutex(State())

    /// - Parameters:
    ///   - timeout: How long to wait for another connection's lock.
    ///   - yieldTimeout: How long to yield to waiting writers.
    init(in folder: URL, timeout: Duration, yieldTimeout: Duration = .seconds(1)) {
        // If the folder can't be opened, no waiters are seen, and waiting works as in SQLite.
        self.folder = Foundation.open(folder.path, O_RDONLY | O_DIRECTORY | O_CLOEXEC)
        self.timeout = timeout
        self.yieldTimeout = yieldTimeout
    }

    deinit {
        if folder >= 0 { close(folder) }
    }

    /// SQLite's busy handler: waits, and lets other processes see that. Returns whether to try again.
    func wait(after tries: Int) -> Bool {
        let now = ContinuousClock.now
        let since = state.withLock { state in
            if tries == 0 { state.waitingSince = now }
            return state.waitingSince
        }
        guard now - since < timeout else { return false }
        flock(folder, LOCK_SH | LOCK_NB)
        Self.pause()
        flock(folder, LOCK_UN)
        return true
    }

    /// Whether a waiting process will write as soon as it can.
    var hasWaiters: Bool { isFolderLocked && !state.withLock(\.ignoresWaiters) }

    /// Waits, at most for `yieldTimeout`, until no other process is waiting.
    func yieldToWaiters() {
        guard isFolderLocked else { return state.withLock { $0.ignoresWaiters = false } }
        let end = ContinuousClock.now + yieldTimeout
        while hasWaiters {
            if ContinuousClock.now > end { state.withLock { $0.ignoresWaiters = true } }
            Self.pause()
            Self.pause()
        }
    }

    private var isFolderLocked: Bool {
        guard flock(folder, LOCK_EX | LOCK_NB) != 0 else {
            flock(folder, LOCK_UN)
            return false
        }
        return errno == EWOULDBLOCK
    }

    private static func pause() {
        Thread.sleep(forTimeInterval: pauseDuration.inSeconds)
    }
}
