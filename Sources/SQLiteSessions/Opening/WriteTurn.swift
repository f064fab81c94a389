import Foundation
import VisitorSessions

/// How processes that wait to write are seen by one that writes for long: SQLite's lock does not tell of them.
///
/// Whoever finds the database locked shares a lock on the store's folder while it waits (flock(2): no file is made for it, it
/// ends with its process, and it has nothing to do with the locks of SQLite, which are another kind). Who imports looks
/// now and then whether it could have that lock for itself, and makes way where it could not.
final class WriteTurn: Sendable {
    /// Between two tries to write.
    private static let pause = Duration.milliseconds(2)

    private let folder: Int32
    private let timeout: Duration

    /// - Parameter timeout: How long another connection's lock is waited for.
    init(in folder: URL, timeout: Duration) {
        // Where it cannot be read nobody is seen, and all wait as SQLite has it.
        self.folder = Foundation.open(folder.path, O_RDONLY | O_DIRECTORY | O_CLOEXEC)
        self.timeout = timeout
    }

    deinit {
        if folder >= 0 { close(folder) }
    }

    /// SQLite's busy handler: waits a moment, and is seen to. Returns whether it is worth another try.
    func wait(after tries: Int) -> Bool {
        guard Self.pause * tries < timeout else { return false }
        flock(folder, LOCK_SH | LOCK_NB)
        Thread.sleep(forTimeInterval: Self.pause.inSeconds)
        flock(folder, LOCK_UN)
        return true
    }

    /// Whether somebody waits at present.
    var isWanted: Bool {
        guard flock(folder, LOCK_EX | LOCK_NB) != 0 else {
            flock(folder, LOCK_UN)
            return false
        }
        return errno == EWOULDBLOCK
    }

    /// Stands back until nobody waits any more, and for a second at most.
    func giveWay() async {
        let end = ContinuousClock.now + .seconds(1)
        repeat {
            guard (try? await Task.sleep(for: Self.pause * 2)) != nil else { return }
        } while isWanted && ContinuousClock.now < end
    }
}
