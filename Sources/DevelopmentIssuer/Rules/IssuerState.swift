import Foundation

/// What a development issuer remembers: its counts, and which tokens it takes no more. Everything else is in
/// the tokens. It is forgotten when the issuer stops.
struct IssuerState: Sendable {
    var counts = IssuerCounts()
    var plan: FaultPlan
    private var random: any RandomNumberGenerator & Sendable

    /// Refresh tokens that were redeemed and replaced, by their IDs.
    private var replaced: Set<UUID> = []
    private var revokedTokens: Set<UUID> = []
    private var revokedVisitors: Set<UUID> = []

    /// The visitors that are new since everything was revoked. `nil`: that never happened.
    private var visitorsSinceRevocation: Set<UUID>?

    init(plan: FaultPlan, random: any RandomNumberGenerator & Sendable) {
        self.plan = plan
        self.random = random
    }

    /// What goes wrong with this request.
    mutating func strike(_ request: RequestKind) -> Blow {
        let blow = plan.strike(request, &random)
        counts.faults += blow.count
        return blow
    }

    mutating func add(visitor: UUID) {
        visitorsSinceRevocation?.insert(visitor)
    }

    mutating func replace(refreshToken: UUID) {
        replaced.insert(refreshToken)
    }

    func isReplaced(refreshToken: UUID) -> Bool {
        replaced.contains(refreshToken)
    }

    mutating func revoke(refreshToken: UUID) {
        revokedTokens.insert(refreshToken)
    }

    /// Revokes everything that the visitor has, its access tokens too.
    mutating func revoke(visitor: UUID) {
        revokedVisitors.insert(visitor)
    }

    mutating func revokeAll() {
        visitorsSinceRevocation = []
    }

    func isRevoked(refreshToken: UUID) -> Bool {
        revokedTokens.contains(refreshToken)
    }

    func isRevoked(visitor: UUID) -> Bool {
        if revokedVisitors.contains(visitor) { return true }
        return visitorsSinceRevocation.map { !$0.contains(visitor) } ?? false
    }
}
