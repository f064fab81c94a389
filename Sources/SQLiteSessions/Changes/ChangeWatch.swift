import Dispatch
import Foundation
import VisitorSessions

/// Sees the commits of other processes, while it lives.
///
/// On Linux the kernel says when the store's files are written, and nothing runs in between. Elsewhere, and where
/// the kernel has no watch to give, the store is asked twice a second. Either way only `PRAGMA data_version` makes
/// it a change: it stays the same for this store's own commits, and for writes that come to nothing.
final class ChangeWatch: @unchecked Sendable {
    /// Everything below is touched on this queue alone, after `init`.
    private let queue = DispatchQueue(label: "session-inspector.store.changes")
    private let dataVersion: @Sendable (@escaping @Sendable (Int64?) -> Void) -> Void
    private let changed: @Sendable (_ dataVersion: Int64) -> Void
    private var known: Int64
    private var schedule = RecheckSchedule()
    private var timer: (any DispatchSourceTimer)?
    private var isLooking = false
    private var looksAgain = false
    #if os(Linux)
        private var events: FolderEvents?
    #endif

    /// Watches the database at `url`, of which `known` is the data version that was seen last. Calls `changed`
    /// for every one after it.
    init(
        url: URL, known: Int64,
        dataVersion: @escaping @Sendable (@escaping @Sendable (Int64?) -> Void) -> Void,
        changed: @escaping @Sendable (_ dataVersion: Int64) -> Void
    ) {
        self.known = known
        self.dataVersion = dataVersion
        self.changed = changed
        let isToldByKernel = watchFolder(of: url)
        if !isToldByKernel { ask(every: .milliseconds(500)) }
        // What was committed before the watch stood.
        queue.async { [weak self] in self?.look() }
    }

    deinit {
        timer?.cancel()
    }

    private func watchFolder(of url: URL) -> Bool {
        #if os(Linux)
            // The folder in which the files are in truth: a link to the database is followed by SQLite, too.
            let file = url.resolvingSymlinksInPath()
            events = FolderEvents(
                folder: file.deletingLastPathComponent().path,
                names: [file.lastPathComponent, file.lastPathComponent + "-wal"], queue: queue
            ) { [weak self] in
                self?.schedule.restart()
                self?.look()
            }
            return events != nil
        #else
            return false
        #endif
    }

    private func ask(every interval: DispatchTimeInterval) {
        let timer = DispatchSource.makeTimerSource(queue: queue)
        timer.schedule(deadline: .now() + interval, repeating: interval, leeway: .milliseconds(100))
        timer.setEventHandler { [weak self] in self?.look() }
        timer.resume()
        self.timer = timer
    }

    private func look() {
        guard !isLooking else {
            looksAgain = true
            return
        }
        isLooking = true
        looksAgain = false
        dataVersion { [weak self] version in
            guard let self else { return }
            queue.async { self.seen(version) }
        }
    }

    private func seen(_ version: Int64?) {
        isLooking = false
        if let version, version != known {
            known = version
            changed(version)
        }
        if looksAgain { return look() }
        lookAgainLater()
    }

    private func lookAgainLater() {
        #if os(Linux)
            guard events != nil, let pause = schedule.next() else { return }
            let timer = DispatchSource.makeTimerSource(queue: queue)
            timer.schedule(deadline: .now() + pause.inSeconds)
            timer.setEventHandler { [weak self] in self?.look() }
            timer.resume()
            self.timer?.cancel()
            self.timer = timer
        #endif
    }
}
