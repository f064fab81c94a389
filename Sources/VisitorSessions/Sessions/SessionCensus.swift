public import struct Foundation.Date

/// How many sessions are in which state at one instant.
public struct SessionCensus: Hashable, Sendable {
    public var counts: [SessionState: Int]

    /// When access tokens end in the next hours. Of the sessions that are not put away and can be read; in the first
    /// step are some that have ended just now.
    public var expiries = ExpiryHistogram()

    /// The next end of an access token among the sessions that are not put away.
    public var nextExpiry: Date?

    /// What the passing of time alone will do next, in its order: ``pass(to:)`` does it.
    public internal(set) var changes: [Change] = []

    /// The next instant at which a count changes by the passing of time alone in a way that is not among ``changes``. Until
    /// then the census holds, as ``pass(to:)`` carries it along, unless somebody writes.
    public var nextChange: Date?

    /// Until when the busiest client's ``RequestBudget`` is used, by the store's clock: its arrival, where that is
    /// still to come.
    public var budgetUsedUntil: Date?

    public init(
        counts: [SessionState: Int] = [:], nextExpiry: Date? = nil, nextChange: Date? = nil,
        budgetUsedUntil: Date? = nil
    ) {
        self.counts = counts
        self.nextExpiry = nextExpiry
        self.nextChange = nextChange
        self.budgetUsedUntil = budgetUsedUntil
    }

    public subscript(state: SessionState) -> Int {
        counts[state] ?? 0
    }

    /// All sessions that are not put away.
    public var total: Int {
        counts.reduce(0) { $1.key == .discarded ? $0 : $0 + $1.value }
    }
}
