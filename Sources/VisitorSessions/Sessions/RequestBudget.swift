public import struct Foundation.Date

/// A client's request budget at an issuer: a generic cell rate algorithm (ITU-T I.371, annex A). Its only state is the
/// *arrival*, when the next request would come at an even pace.
///
/// At most ``requestsPerMinute`` requests pass in any 60 seconds. A tenth of them may come in a burst, which is
/// reserved for callers that wait.
public struct RequestBudget: Hashable, Sendable {
    public enum Tier: String, Sendable, Hashable {
        /// A caller is waiting: may use the burst.
        case foreground
        /// Automatic work: keeps the even pace.
        case background
    }

    public enum Decision: Hashable, Sendable {
        /// The request may be sent. This is the new arrival.
        case granted(arrival: Date)
        /// The request may not be sent before this time.
        case notBefore(Date)
    }

    /// At least 1.
    public let requestsPerMinute: Int

    public init(requestsPerMinute: Int) {
        self.requestsPerMinute = max(requestsPerMinute, 1)
    }

    /// How many requests may come at once after a pause.
    private var burst: Int { max(requestsPerMinute / 10, 1) }

    /// The even pace in whole milliseconds, rounded up: the precision of stores.
    private var milliseconds: Int {
        let perMinute = max(requestsPerMinute - burst, 1)
        return (60_000 + perMinute - 1) / perMinute
    }

    /// The furthest arrival that this budget can have granted, plus half a second. A later one comes from a clock that
    /// has been set back since, and is ignored.
    private var horizon: Duration { .milliseconds(milliseconds * burst + 500) }

    /// The time between requests at an even pace.
    package var interval: Duration { .milliseconds(milliseconds) }

    /// Decides whether a request may be sent at `now`.
    ///
    /// - Parameter arrival: The stored arrival, or `nil` if there is none.
    public func decide(arrival: Date?, now: Date, tier: Tier) -> Decision {
        let known = arrival.flatMap { $0 > now + horizon ? nil : $0 } ?? now
        let ahead = (known.timeIntervalSince(now) * 1000).rounded()
        let tolerance = tier == .foreground ? milliseconds * (burst - 1) : 0
        guard ahead > Double(tolerance) else { return .granted(arrival: max(known, now) + interval) }
        return .notBefore(known - .milliseconds(tolerance))
    }
}

/// A request to take from a client's budget.
public struct BudgetRequest: Hashable, Sendable {
    public var budget: RequestBudget
    public var tier: RequestBudget.Tier

    public init(_ budget: RequestBudget, _ tier: RequestBudget.Tier) {
        self.budget = budget
        self.tier = tier
    }
}
