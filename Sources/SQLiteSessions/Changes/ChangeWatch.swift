import Dispatch
import Foundation
import VisitorSessions

/// Reports the commits of other processes until it is deallocated.
///
/// On Linux the kernel reports writes to the store's files. Elsewhere, and where no kernel watch is available, the
/// store is polled twice a second. Either way, a change means another file at the store's path or another `PRAGMA
/// data_version`, which this store's own commits and rolled-back writes don't alter.
final class ChangeWatch: @unchecked Sendable {
    /// The only queue that accesses the state below, after `init`.
    private let queue = DispatchQueue(label: "session-inspector.store.changes")
    private let timer: any DispatchSourceTimer
    private let version: @Sendable (@escaping @Sendable (StoreVersion?) -> Void) -> Void
    private let changed: @Sendable (StoreVersion) -> Void
    private let url: URL
    private var lastVersion: StoreVersion
    private var schedule = RecheckSchedule()

    /// Whether the first check after an event is scheduled. Later events don't schedule another, so that a busy writer
    /// causes at most forty checks a second.
    private var isCheckScheduled = false
    private var isChecking = false

    #if os(Linux)
        private var events: FolderEvents?
    #endif

    /// Calls `changed` for each version after `lastVersion`.
    init(
        url: URL, lastVersion: StoreVersion,
        version: @escaping @Sendable (@escaping @Sendable (StoreVersion?) -> Void) -> Void,
        changed: @escaping @Sendable (StoreVersion) -> Void
    ) {
        self.url = url
        self.lastVersion = lastVersion
        self.version = version
        self.changed = changed
        timer = DispatchSource.makeTimerSource(queue: queue)
        timer.schedule(deadline: .distantFuture)
        timer.setEventHandler { [weak self] in self?.check() }
        timer.resume()
        watchFolder()
        // Catches commits made before the watch began.
        queue.async { [weak self] in self?.check() }
    }

    deinit {
        timer.cancel()
    }

    /// Watches the folder that the path currently resolves to.
    private func watchFolder() {
        if !startFolderEvents() {
            timer.schedule(
                deadline: .now() + .milliseconds(500), repeating: .milliseconds(500), leeway: .milliseconds(100))
        }
    }

    private func startFolderEvents() -> Bool {
        #if os(Linux)
            // SQLite follows a link to the database, too.
            let file = url.resolvingSymlinksInPath()
            events = FolderEvents(
                folder: file.deletingLastPathComponent().path,
                names: [file.lastPathComponent, file.lastPathComponent + "-wal"], queue: queue
            ) { [weak self] in self?.fileWritten() }
            return events != nil
        #else
            return false
        #endif
    }

    private func fileWritten() {
        guard !isCheckScheduled else { return }
        isCheckScheduled = true
        schedule.restart()
        if !isChecking { scheduleCheck() }
    }

    private func check() {
        guard !isChecking else { return }
        isChecking = true
        isCheckScheduled = false
        version { [weak self] version in
            guard let self else { return }
            queue.async { self.checked(version) }
        }
    }

    private func checked(_ version: StoreVersion?) {
        isChecking = false
        if let version, version != lastVersion {
            let isOtherFile = version.file != lastVersion.file
            lastVersion = version
            if isOtherFile { watchFolder() }
            changed(version)
        }
        scheduleCheck()
    }

    private func scheduleCheck() {
        #if os(Linux)
            guard events != nil, let delay = schedule.next() else { return }
            timer.schedule(deadline: .now() + delay.inSeconds)
        #endif
    }
}

/// When to check again after a file was written: a commit is visible only once its frames are on disk. After the last
/// check, the writer has given up or was this store itself.
struct RecheckSchedule {
    /// Delays between checks. At most a second, which limits how late a change is seen.
    private static let delays: [Duration] = [
        .milliseconds(25), .milliseconds(75), .milliseconds(200), .milliseconds(500), .milliseconds(800),
        .milliseconds(800), .milliseconds(800), .milliseconds(800), .milliseconds(800), .milliseconds(800),
    ]

    private var index = 0

    /// The delay before the next check. `nil`: no more checks.
    mutating func next() -> Duration? {
        guard index < Self.delays.count else { return nil }
        defer { index += 1 }
        return Self.delays[index]
    }

    mutating func restart() {
        index = 0
    }
}
