import Foundation

/// What a development issuer remembers: its counts, and which tokens it takes no more. Everything else is in
/// the tokens. What must outlast the process goes into the log (``takeUnsavedEntries()``); the rest is forgotten when the issuer stops.
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

    /// Entries that the log doesn't have yet.
    private var unsavedEntries: [RevocationLog.Entry] = []

    init(plan: FaultPlan, random: any RandomNumberGenerator & Sendable) {
        self.plan = plan
        self.random = random
    }

    /// What goes wrong with this request.
    mutating func apply(_ request: RequestKind) -> InjectedFaults {
        let injected = plan.apply(request, &random)
        counts.faults += injected.count
        return injected
    }

    mutating func add(visitor: UUID) {
        if visitorsSinceRevocation != nil { record(.newVisitor(visitor)) }
    }

    /// Applies an entry and keeps it for the log.
    mutating func record(_ entry: RevocationLog.Entry) {
        apply(entry)
        unsavedEntries.append(entry)
    }

    /// Returns the entries to save before the answer is sent, and forgets them.
    mutating func takeUnsavedEntries() -> [RevocationLog.Entry] {
        defer { unsavedEntries = [] }
        return unsavedEntries
    }

    /// Applies an entry that was read from the log.
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
