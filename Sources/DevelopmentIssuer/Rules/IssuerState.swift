import Foundation

/// What a development issuer remembers: its counts, and which tokens it takes no more. Everything else is in
/// the tokens. What must outlast the process is noted (``takeNotes()``); the rest is forgotten when the issuer stops.
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

    /// What has not been written down yet.
    private var notes: [IssuerNote] = []

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
        if visitorsSinceRevocation != nil { note(.newVisitor(visitor)) }
    }

    /// From now on `change` holds, and it is to be written down.
    mutating func note(_ change: IssuerNote) {
        apply(change)
        notes.append(change)
    }

    /// Hands over what is to be written down before anybody hears of it.
    mutating func takeNotes() -> [IssuerNote] {
        defer { notes = [] }
        return notes
    }

    /// Remembers what was written down earlier.
    mutating func apply(_ note: IssuerNote) {
        switch note {
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
