import VisitorSessions

import struct Foundation.Date

/// The position of the loaded window in the whole list, and the length of the list.
///
/// Both are counted once and then updated for each new window, so that no key press waits for a count.
struct ListPosition: Sendable {
    /// How long to wait after the last change of the filter before counting.
    private static let debounce: Duration = .milliseconds(300)

    /// The number of sessions before the window, if known.
    private(set) var before: Int?
    /// The number of sessions in the list, if known.
    private(set) var total: Int?

    private var filter: SessionFilter?
    private var sort: SessionSort?
    private var filteredAt = Date.distantPast

    /// Whether the store has changed since the window was requested.
    private var hasChanged = false
    /// Whether the store has changed since the last count.
    private var isStale = false
    private var throttle = AdaptiveThrottle()

    func matches(_ filter: SessionFilter, _ sort: SessionSort) -> Bool {
        filter == self.filter && sort == self.sort
    }

    /// Derives the position of a loaded window from that of the `old` one.
    mutating func update(for loaded: LoadedList, from old: [VisitorSession], at now: Date) {
        let (filter, sort) = (loaded.request.filter, loaded.request.sort)
        if !matches(filter, sort) {
            let isTyped = self.filter != nil && filter != self.filter
            // Sorting doesn't change the number of sessions.
            let total = filter == self.filter ? total : nil
            self = ListPosition()
            (self.total, self.filter, self.sort) = (total, filter, sort)
            if isTyped { filteredAt = now }
        } else if let known = before {
            before = Self.shift(from: old, to: loaded.rows).map { max(known + $0, 0) }
        }
        if hasChanged { (hasChanged, isStale) = (false, true) }
        if loaded.isAtStart {
            before = 0
            // The overview counts all sessions anyway.
            if filter == SessionFilter() { isStale = false }
        }
        guard loaded.isAtEnd else { return }
        if let before {
            total = before + loaded.rows.count
        } else {
            before = total.map { max($0 - loaded.rows.count, 0) }
        }
        if loaded.isAtStart { isStale = false }
    }

    /// How many rows the new window starts after the old one's start. `nil`: they don't overlap.
    private static func shift(from old: [VisitorSession], to new: [VisitorSession]) -> Int? {
        guard let first = new.first, let formerFirst = old.first else { return nil }
        return old.firstIndex { $0.id == first.id } ?? new.firstIndex { $0.id == formerFirst.id }.map { -$0 }
    }

    mutating func invalidate() { hasChanged = true }

    /// When to count: debounced if the numbers are unknown, throttled if they may have changed. `nil`: no need to.
    var due: Date? {
        guard !throttle.isPending, filter != nil else { return nil }
        guard before != nil, total != nil else { return filteredAt + Self.debounce }
        return isStale ? throttle.pausedUntil : nil
    }

    var awaitsFirstCount: Bool { throttle.isPending && (before == nil || total == nil) }

    mutating func begin(at now: Date) {
        throttle.begin(at: now)
        isStale = false
    }

    /// - Parameter row: The ranked session's row. `nil`: it has left the window.
    mutating func end(_ rank: SessionRank, row: Int?, at now: Date) {
        throttle.end(at: now)
        total = rank.total
        if let row { before = max(rank.before - row, 0) }
    }

    /// The count failed.
    mutating func cancel() {
        throttle.cancel()
        isStale = true
    }

    mutating func set(total: Int) { self.total = total }
}

/// Limits how often a query runs: after each run it pauses for twenty times as long as the run took.
///
/// The faster of the last two runs counts: a busy machine or a newly opened store may have slowed down the other.
struct AdaptiveThrottle: Sendable {
    /// The pause after a run, as a multiple of its duration.
    private static let pauseFactor = 20.0

    private var startedAt: Date?
    private var lastDuration = 0.0
    private(set) var pausedUntil = Date.distantPast

    var isPending: Bool { startedAt != nil }

    mutating func begin(at now: Date) { startedAt = now }

    mutating func end(at now: Date) {
        guard let startedAt else { return }
        let duration = max(now.timeIntervalSince(startedAt), 0)
        pausedUntil = now.addingTimeInterval(min(duration, lastDuration) * Self.pauseFactor)
        lastDuration = duration
        self.startedAt = nil
    }

    mutating func cancel() { startedAt = nil }
}

/// A query that runs again after changes, one at a time, at the rate of its ``AdaptiveThrottle``.
struct ThrottledQuery: Sendable {
    private var throttle = AdaptiveThrottle()
    private var isWanted = false

    /// Returns whether to run it now. If not, it will be due at ``due``.
    mutating func begin(at now: Date) -> Bool {
        isWanted = throttle.isPending || now < throttle.pausedUntil
        if !isWanted { throttle.begin(at: now) }
        return !isWanted
    }

    mutating func end(at now: Date) { throttle.end(at: now) }

    /// When to run it again. `nil`: it isn't wanted or is running.
    var due: Date? { isWanted && !throttle.isPending ? throttle.pausedUntil : nil }

    mutating func cancel() {
        throttle.cancel()
        isWanted = false
    }
}
