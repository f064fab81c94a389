import Foundation
package import VisitorSessions

/// The number of sessions in each state, and when their tokens expire.
package struct Overview: Sendable {
    package private(set) var counts = SessionCounts()
    private var query = ThrottledQuery()

    /// When the next throttled count is due.
    var due: Date? { query.due }

    /// Counts the sessions, unless counting is throttled.
    mutating func count(at now: Date) -> [Effect] { query.begin(at: now) ? [.count(at: now)] : [] }

    mutating func countWhenDue(at now: Date) -> [Effect] {
        query.due.map { $0 <= now } == true ? count(at: now) : []
    }

    mutating func apply(_ counts: SessionCounts, at now: Date) -> [Effect] {
        self.counts = counts
        query.end(at: now)
        return countWhenDue(at: now)
    }

    /// The count failed.
    mutating func cancel() { query.cancel() }

    /// Applies predicted state changes up to `now`, so that the counts agree with the rows. Returns the states that sessions
    /// have reached. `nil`: there were no changes.
    mutating func advance(to now: Date) -> Set<SessionState>? {
        let reached = Set(counts.changes.prefix { $0.at <= now }.map(\.to))
        return counts.advance(to: now) ? reached : nil
    }

    /// Counts again once the predicted changes have run out.
    mutating func countAgain(at now: Date) -> [Effect] {
        guard let change = counts.nextChange, change <= now else { return [] }
        counts.nextChange = nil
        return count(at: now)
    }
}

/// How many access tokens expire in the near future, on a scale that fits them.
package struct Timeline: Hashable, Sendable {
    /// The possible spans in seconds, from two minutes to four hours. A quarter of each is a round number.
    private static let spans = [120.0, 480, 1200, 3600, 7200, 14400]

    private let start: Date
    private let counts: [Int: Int]

    /// The shortest span that includes all expiries of the next four hours.
    let span: Duration

    init(at now: Date, _ expiries: ExpiryHistogram) {
        // Bars move when a step has passed, not with every tick.
        start = ExpiryHistogram.start(of: ExpiryHistogram.step(of: now))
        let longest = now.addingTimeInterval(Self.spans[Self.spans.count - 1])
        // The first step began before now.
        let steps = ExpiryHistogram.step(of: now)...ExpiryHistogram.step(of: longest)
        counts = expiries.counts.filter { steps.contains($0.key) }
        let last = counts.keys.max().map { ExpiryHistogram.start(of: $0).timeIntervalSince(now) } ?? 0
        span = .seconds(Self.spans.first { last < $0 } ?? Self.spans[Self.spans.count - 1])
    }

    /// The number of tokens in all parts.
    var total: Int { counts.values.reduce(0, +) }

    /// The number of tokens in each of `width` equal parts, earliest first. Parts shorter than a step of the histogram
    /// repeat the step's number.
    func parts(width: Int) -> [Int] {
        let length = span.inSeconds / Double(width)
        func step(_ place: Int) -> Int { ExpiryHistogram.step(of: start.addingTimeInterval(Double(place) * length)) }
        return (0..<width).map { place in
            let first = step(place)
            // The last part includes tokens granted just now, which expire at the very end.
            let next = place == width - 1 ? (counts.keys.max() ?? first) + 1 : step(place + 1)
            return (first..<max(next, first + 1)).reduce(0) { $0 + counts[$1, default: 0] }
        }
    }
}
