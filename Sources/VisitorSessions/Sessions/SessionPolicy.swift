/// The times by which sessions are judged and renewed.
public struct SessionPolicy: Hashable, Sendable {
    /// How long before its end an access token counts as expiring.
    public var expiryWarning: Duration = .seconds(300)

    // MARK: Windows

    /// How long before its end an access token is renewed while it is still handed out. At most a quarter of the
    /// token's life. Zero: not before somebody has to wait; for programs that end as soon as they have a token.
    public var renewAhead: Duration = .seconds(300)

    /// By which share of ``renewAhead`` sessions are renewed earlier or later, each by its own: from 0 to 1.
    public var renewAheadJitter = 0.2

    /// How long before its end an access token is no longer handed out: it may end on its way. At most a tenth of the
    /// token's life.
    public var leeway: Duration = .seconds(30)

    // MARK: Flights

    /// How long a renewal may hold the session's lease. A holder that dies frees it after this time: at most
    /// ten minutes. An issuer that needs longer to answer lets another process send the token a second time.
    public var leaseDuration: Duration = .seconds(60)

    /// How long a renewal or a generation takes at most, all waiting for others and trying again included.
    public var flightDeadline: Duration = .seconds(30)

    /// How often one renewal asks an issuer that cannot answer just now.
    public var attempts = 3

    /// The longest pause before the second attempt. Each further one may be twice as long: the pauses are chosen
    /// at random below that.
    public var firstRetry: Duration = .seconds(1)

    /// What the pauses grow to.
    public var longestRetry: Duration = .seconds(300)

    /// How long callers wait for a store that does not take a new pair just now, before they get the pair with the error.
    /// Storing goes on after that, as long as the process lives.
    public var storeTimeout: Duration = .seconds(2)

    /// The least pause between two attempts.
    public var attemptFloor: Duration = .milliseconds(200)

    // MARK: The issuer

    /// How many requests one client may make, in any minute, with all who share the store. `nil`: any number.
    /// Wix allows 200 for one site.
    public var budget: RequestBudget? = RequestBudget(requestsPerMinute: 200)

    /// After how many failures in a row the issuer is left alone.
    public var circuitFailures = 5

    /// For how long at first, and for twice as long each time that it still does not answer.
    public var circuitPause: Duration = .seconds(5)
    public var longestCircuitPause: Duration = .seconds(120)

    // MARK: Keeping

    /// How long a discarded session can be taken back.
    public var gracePeriod: Duration = .seconds(24 * 3600)

    /// How long a refresh token that was replaced still names its session, for clients that come with a token that
    /// another request has just had renewed.
    public var rotationGrace: Duration = .seconds(3600)

    public init() {}

    /// The end of a flight that starts at `instant`, and the end of what it may wait for before: a request always has time
    /// left for its answer.
    func deadlines(from instant: Duration) -> (waiting: Duration, answer: Duration) {
        let end = instant + flightDeadline
        return (end - min(.seconds(5), flightDeadline / 6), end)
    }
}
