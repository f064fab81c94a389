/// What a development issuer has done since it was started.
public struct IssuerCounts: Hashable, Sendable, Codable {
    /// Pairs for new visitors.
    public var issued = 0

    /// Refresh tokens redeemed.
    public var redemptions = 0

    /// Refresh tokens refused, for whatever reason.
    public var refusals = 0

    /// Those of the refused that had been redeemed before and replaced.
    public var reuses = 0

    /// Requests to everything but `/development/`.
    public var requests = 0

    /// How often a fault has hit.
    public var faults = 0

    public init() {}
}
