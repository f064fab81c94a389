/// The times by which sessions are judged and renewed.
public struct SessionPolicy: Hashable, Sendable {
    /// How long before its end an access token counts as expiring.
    public var expiryWarning: Duration = .seconds(300)

    /// How long before its end an access token is no longer handed out: it may end on its way.
    public var leeway: Duration = .seconds(30)

    /// How long a renewal may hold the session's lease. A holder that dies frees it after this time.
    public var leaseDuration: Duration = .seconds(60)

    /// How long a caller waits for somebody else's renewal.
    public var flightDeadline: Duration = .seconds(60)

    /// How long a discarded session can be taken back.
    public var gracePeriod: Duration = .seconds(24 * 3600)

    public init() {}
}
