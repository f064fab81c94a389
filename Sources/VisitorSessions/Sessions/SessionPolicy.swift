/// The timing of expiry and renewal.
public struct SessionPolicy: Hashable, Sendable {
    /// How long before its expiry an access token counts as expiring. At most a fifth of the token's lifetime.
    public var expiryWarning: Duration = .seconds(300)

    // MARK: Windows

    /// How long before its expiry an access token is renewed in the background. At most a quarter of the token's
    /// lifetime. Zero disables it, for programs that exit as soon as they have a token.
    public var renewAhead: Duration = .seconds(300)

    /// The share (0 to 1) of ``renewAhead`` by which each session's renewal is shifted.
    public var renewAheadJitter = 0.2

    /// How long before its expiry an access token is no longer handed out, because it may expire in transit. At most a
    /// tenth of the token's lifetime.
    public var leeway: Duration = .seconds(30)

    // MARK: Flights

    /// How long a renewal may hold the session's lease, at most ten minutes. If the holder dies, the lease expires
    /// after this time. If the issuer takes longer to respond, another process may send the token again.
    public var leaseDuration: Duration = .seconds(60)

    /// The maximum duration of a renewal or a generation, including waiting and retries.
    public var flightDeadline: Duration = .seconds(30)

    /// How many requests one renewal sends to an issuer that is unavailable.
    public var attempts = 3

    /// The maximum pause before the second attempt. It doubles with each further attempt; the actual pause is random
    /// below it.
    public var initialBackoff: Duration = .seconds(1)

    /// The limit of the doubled pauses.
    public var maximumBackoff: Duration = .seconds(300)

    /// How long callers wait for a store that doesn't accept a new pair before they get the pair with the error.
    /// Storing is then retried for the life of the process.
    public var storeTimeout: Duration = .seconds(2)

    /// The minimum pause between two attempts.
    public var minimumBackoff: Duration = .milliseconds(200)

    // MARK: The issuer

    /// How many requests per minute one client may send, counted across all users of the store. `nil`: unlimited. Wix
    /// allows 200 per site.
    public var budget: RequestBudget? = RequestBudget(requestsPerMinute: 200)

    /// How many consecutive failures open the circuit breaker.
    public var circuitFailureThreshold = 5

    /// How long the circuit breaker stays open at first. Doubles with each failed probe.
    public var circuitPause: Duration = .seconds(5)
    public var maximumCircuitPause: Duration = .seconds(120)

    // MARK: Retention

    /// How long after it was discarded a session can still be restored.
    public var gracePeriod: Duration = .seconds(24 * 3600)

    /// How long a replaced refresh token still finds its session, for clients that present a token that another request
    /// has just renewed.
    public var rotationGrace: Duration = .seconds(3600)

    public init() {}

    /// When a flight that starts at `instant` stops waiting, and when it must have a response. A request always gets
    /// some time for its response.
    func deadlines(from instant: Duration) -> (waiting: Duration, answer: Duration) {
        let end = instant + flightDeadline
        return (end - min(.seconds(5), flightDeadline / 6), end)
    }
}
