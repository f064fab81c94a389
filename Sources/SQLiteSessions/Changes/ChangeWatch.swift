import Dispatch
import Foundation
import VisitorSessions

/// Sees the commits of other processes, while it lives.
///
/// On Linux the kernel says when the store's files are written, and nothing runs in between. Elsewhere, and where
/// the kernel has no watch to give, the store is asked twice a second. Either way only another file at the store's path,
/// or another `PRAGMA data_version`, makes it a change: that stays the same for this store's own commits, and for
/// writes that come to nothing.
final class ChangeWatch: @unchecked Sendable {
    /// Where everything below is touched, after `init`, and nowhere else.
    private let queue = DispatchQueue(label: "session-inspector.store.changes")
    private let timer: any DispatchSourceTimer
    private let version: @Sendable (@escaping @Sendable (StoreVersion?) -> Void) -> Void
    private let changed: @Sendable (StoreVersion) -> Void
    private let url: URL
    private var known: StoreVersion
    private var schedule = RecheckSchedule()

    /// Whether the first look after an event is to come already. Later events before it need none of their own,
    /// so that a busy writer is looked at forty times a second and not at every write.
    private var isLookNear = false
    private var isLooking = false

    #if os(Linux)
        private var events: FolderEvents?
    #endif

    /// Watches the database at `url`, whose version `known` was seen last. Calls `changed`
    /// for every one after it.
    init(
        url: URL, known: StoreVersion,
        version: @escaping @Sendable (@escaping @Sendable (StoreVersion?) -> Void) -> Void,
        changed: @escaping @Sendable (StoreVersion) -> Void
    ) {
        self.url = url
        self.known = known
        self.version = version
        self.changed = changed
        timer = DispatchSource.makeTimerSource(queue: queue)
        timer.schedule(deadline: .distantFuture)
        timer.setEventHandler { [weak self] in self?.look() }
        timer.resume()
        watchFolder()
        // What was committed before the watch stood.
        queue.async { [weak self] in self?.look() }
    }

    deinit {
        timer.cancel()
    }

    /// Has the kernel tell of the folder that the path leads to at present.
    private func watchFolder() {
        if !isToldByKernel() {
            timer.schedule(
                deadline: .now() + .milliseconds(500), repeating: .milliseconds(500), leeway: .milliseconds(100))
        }
    }

    private func isToldByKernel() -> Bool {
        #if os(Linux)
            // The folder in which the files are in truth: SQLite follows a link to the database, too.
            let file = url.resolvingSymlinksInPath()
            events = FolderEvents(
                folder: file.deletingLastPathComponent().path,
                names: [file.lastPathComponent, file.lastPathComponent + "-wal"], queue: queue
            ) { [weak self] in self?.written() }
            return events != nil
        #else
            return false
        #endif
    }

    private func written() {
        guard !isLookNear else { return }
        isLookNear = true
        schedule.restart()
        if !isLooking { lookLater() }
    }

    private func look() {
        guard !isLooking else { return }
        isLooking = true
        isLookNear = false
        version { [weak self] version in
            guard let self else { return }
            queue.async { self.seen(version) }
        }
    }

    private func seen(_ version: StoreVersion?) {
        isLooking = false
        if let version, version != known {
            let isOtherFile = version.file != known.file
            known = version
            // Its folder may be another one, too.
            if isOtherFile { watchFolder() }
            changed(version)
        }
        lookLater()
    }

    private func lookLater() {
        #if os(Linux)
            guard events != nil, let pause = schedule.next() else { return }
            timer.schedule(deadline: .now() + pause.inSeconds)
        #endif
    }
}

/// When to look again, after a file was written and no commit is seen yet: a commit shows only after its frames
/// are on the disk. After the last time, the writer has given up, or was this store itself.
struct RecheckSchedule {
    /// From one look to the next. Never more than a second, so that no change is seen later than that.
    private static let pauses: [Duration] = [
        .milliseconds(25), .milliseconds(75), .milliseconds(200), .milliseconds(500), .milliseconds(800),
        .milliseconds(800), .milliseconds(800), .milliseconds(800), .milliseconds(800), .milliseconds(800),
    ]

    private var index = 0

    /// How long to wait before the next look. `nil`: there is nothing more to wait for.
    mutating func next() -> Duration? {
        guard index < Self.pauses.count else { return nil }
        defer { index += 1 }
        return Self.pauses[index]
    }

    mutating func restart() {
        index = 0
    }
}
