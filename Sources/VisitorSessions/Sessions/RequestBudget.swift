public import struct Foundation.Date

/// How many requests an issuer takes from one client: a generic cell rate algorithm (ITU-T I.371, annex A), whose
/// only memory is one time, the *arrival* at which the next request would come if all kept an even pace.
///
/// In no 60 seconds do more than ``requestsPerMinute`` requests pass. A tenth of them may come at once; that
/// burst is for callers who wait, and automatic work leaves it to them.
public struct RequestBudget: Hashable, Sendable {
    /// For whom a request is made.
    public enum Tier: String, Sendable, Hashable {
        /// Somebody waits for it: it may use the burst.
        case foreground
        /// Nobody waits for it: it keeps the even pace.
        case background
    }

    public enum Decision: Hashable, Sendable {
        /// The request may go out, and this is the arrival from now on.
        case granted(arrival: Date)
        /// It may not go out before this time.
        case notBefore(Date)
    }

    /// At least 1.
    public let requestsPerMinute: Int

    public init(requestsPerMinute: Int) {
        self.requestsPerMinute = max(requestsPerMinute, 1)
    }

    /// How many requests may come at once after a rest.
    private var burst: Int { max(requestsPerMinute / 10, 1) }

    /// The even pace: with it, what the burst takes is saved in every minute. In whole milliseconds, rounded up,
    /// because stores keep no finer times.
    private var milliseconds: Int {
        let perMinute = max(requestsPerMinute - burst, 1)
        return (60_000 + perMinute - 1) / perMinute
    }

    /// How far ahead an arrival can be that this budget has granted, and half a second. One further ahead comes from a
    /// clock that has been set back since, and keeps no request.
    private var horizon: Duration { .milliseconds(milliseconds * burst + 500) }

    /// How long one request takes from the even pace.
    package var interval: Duration { .milliseconds(milliseconds) }

    /// Whether a request may go out at `now`, given the arrival that was last remembered. `nil`: none.
    public func decide(arrival: Date?, now: Date, tier: Tier) -> Decision {
        let known = arrival.flatMap { $0 > now + horizon ? nil : $0 } ?? now
        let ahead = (known.timeIntervalSince(now) * 1000).rounded()
        let patience = tier == .foreground ? milliseconds * (burst - 1) : 0
        guard ahead > Double(patience) else { return .granted(arrival: max(known, now) + interval) }
        return .notBefore(known - .milliseconds(patience))
    }
}

/// One request that is to be taken from a client's budget, and for whom.
public struct BudgetRequest: Hashable, Sendable {
    public var budget: RequestBudget
    public var tier: RequestBudget.Tier

    public init(_ budget: RequestBudget, _ tier: RequestBudget.Tier) {
        self.budget = budget
        self.tier = tier
    }
}
