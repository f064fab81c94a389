package import Foundation
package import VisitorSessions

/// The number of sessions in each state, and when their tokens expire.
package struct Overview: Sendable {
    package private(set) var counts = SessionCounts()
    package private(set) var timeline: Timeline?
    private var query = ThrottledQuery()

    /// When the next throttled count is due.
    var due: Date? { query.due }

    /// Counts, unless it is throttled.
    mutating func count(at now: Date) -> [Effect] { query.begin(at: now) ? [.count(at: now)] : [] }

    mutating func countWhenDue(at now: Date) -> [Effect] {
        query.due.map { $0 <= now } == true ? count(at: now) : []
    }

    mutating func apply(_ counts: SessionCounts, of instant: Date, at now: Date) -> [Effect] {
        self.counts = counts
        timeline = Timeline(start: instant, counts.expiries)
        query.end(at: now)
        return countWhenDue(at: now)
    }

    /// The count failed.
    mutating func cancel() { query.cancel() }

    /// Applies predicted state changes up to `now`, and counts again when predictions run out. Returns whether any state has
    /// changed.
    mutating func advance(to now: Date) -> (hasChanged: Bool, effects: [Effect]) {
        let hasPassed = counts.pass(to: now)
        guard let change = counts.nextChange, change <= now else { return (hasPassed, []) }
        counts.nextChange = nil
        return (true, count(at: now))
    }
}

/// How many access tokens expire in each part of the next four hours.
package struct Timeline: Hashable, Sendable {
    package static let span: Duration = .seconds(4 * 3600)
    package static let parts = 48

    package var start: Date
    /// One number for each part, the earliest first.
    package var counts: [Int]

    package init(start: Date, _ expiries: ExpiryHistogram) {
        self.start = start
        counts = Array(repeating: 0, count: Self.parts)
        let length = Self.span / Self.parts
        for (step, count) in expiries.counts {
            let middle = ExpiryHistogram.start(of: step) + ExpiryHistogram.step / 2
            // The first step began before `start`. The last part includes tokens granted just now, which expire after it.
            let part = Int(max(middle.timeIntervalSince(start), 0) / length.inSeconds)
            counts[min(part, Self.parts - 1)] += count
        }
    }
}
