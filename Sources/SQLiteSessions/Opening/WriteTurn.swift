import Foundation
import Synchronization
import VisitorSessions

/// How processes that wait to write are seen by one that writes for long: SQLite's lock does not tell of them.
///
/// Whoever finds the database locked shares a lock on the store's folder while it waits (flock(2): no file is made for it, it
/// ends with its process, and it has nothing to do with the locks of SQLite, which are another kind). Who imports looks
/// now and then whether it could have that lock for itself, and makes way where it could not.
///
/// For the thread that writes: both wait by blocking it.
final class WriteTurn: Sendable {
    /// Between two tries to write.
    private static let pause = Duration.milliseconds(2)

    private struct State {
        var waitingSince = ContinuousClock.now

        /// Whether somebody went on waiting who could have written: a process that was stopped, or another program.
        var isMistrusted = false
    }

    private let folder: Int32
    private let timeout: Duration
    private let patience: Duration
    private let state = Mutex(State())

    /// - Parameters:
    ///   - timeout: How long another connection's lock is waited for.
    ///   - patience: For how long others are made way for.
    init(in folder: URL, timeout: Duration, patience: Duration = .seconds(1)) {
        // Where it cannot be read nobody is seen, and all wait as SQLite has it.
        self.folder = Foundation.open(folder.path, O_RDONLY | O_DIRECTORY | O_CLOEXEC)
        self.timeout = timeout
        self.patience = patience
    }

    deinit {
        if folder >= 0 { close(folder) }
    }

    /// SQLite's busy handler: waits a moment, and is seen to. Returns whether it is worth another try.
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

    /// Whether somebody waits at present who writes when it is let.
    var isWanted: Bool { isMarked && !state.withLock(\.isMistrusted) }

    /// Stands back until nobody waits any more, as long as patience lasts.
    func giveWay() {
        guard isMarked else { return state.withLock { $0.isMistrusted = false } }
        let end = ContinuousClock.now + patience
        while isWanted {
            if ContinuousClock.now > end { state.withLock { $0.isMistrusted = true } }
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
