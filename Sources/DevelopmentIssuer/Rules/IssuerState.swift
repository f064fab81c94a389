import Foundation

/// What the issuer remembers: its statistics, its faults, and which tokens are no longer valid. Everything else is in
/// the tokens themselves. Revocations are saved (``takeUnsavedEntries()``); the rest is lost when the process exits.
struct IssuerState: Sendable {
    var counts = IssuerCounts()
    var plan: FaultPlan
    private var random: any RandomNumberGenerator & Sendable

    /// The IDs of refresh tokens that were redeemed and replaced.
    private var replaced: Set<UUID> = []
    private var revokedTokens: Set<UUID> = []
    private var revokedVisitors: Set<UUID> = []

    /// The visitors created since all tokens were revoked. `nil`: that never happened.
    private var visitorsSinceRevocation: Set<UUID>?

    private var unsavedEntries: [RevocationLog.Entry] = []

    init(plan: FaultPlan, random: any RandomNumberGenerator & Sendable) {
        self.plan = plan
        self.random = random
    }

    mutating func apply(_ request: RequestKind) -> InjectedFaults {
        let injected = plan.apply(request, &random)
        counts.faults += injected.count
        return injected
    }

    mutating func add(visitor: UUID) {
        if visitorsSinceRevocation != nil { record(.newVisitor(visitor)) }
    }

    /// Applies an entry and queues it for the log.
    mutating func record(_ entry: RevocationLog.Entry) {
        apply(entry)
        unsavedEntries.append(entry)
    }

    /// Returns the entries to save before the response is sent, and clears the queue.
    mutating func takeUnsavedEntries() -> [RevocationLog.Entry] {
        defer { unsavedEntries = [] }
        return unsavedEntries
    }

    mutating func apply(_ entry: RevocationLog.Entry) {
        switch entry {
        case .replaced(let id): replaced.insert(id)
        case .revokedToken(let id): revokedTokens.insert(id)
        case .revokedVisitor(let id): revokedVisitors.insert(id)
        case .revokedAll: visitorsSinceRevocation = []
        case .newVisitor(let id): visitorsSinceRevocation?.insert(id)
        }
    }

    func isReplaced(refreshToken: UUID) -> Bool {
        replaced.contains(refreshToken)
    }

    func isRevoked(refreshToken: UUID) -> Bool {
        revokedTokens.contains(refreshToken)
    }

    func isRevoked(visitor: UUID) -> Bool {
        if revokedVisitors.contains(visitor) { return true }
        return visitorsSinceRevocation.map { !$0.contains(visitor) } ?? false
    }
}
