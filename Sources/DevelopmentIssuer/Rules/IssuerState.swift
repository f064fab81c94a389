import Foundation

/// What the issuer remembers: its statistics, its faults, and which tokens are no longer valid. Everything else is in
/// the tokens themselves. Revocations are saved (``takeUnsavedEntries()``); the rest is lost when the process exits.
struct IssuerState: Sendable {
    var counts = IssuerCounts()
    var faults: [Fault]
    private var random: any RandomNumberGenerator & Sendable

    /// The IDs of refresh tokens that were redeemed and replaced.
    private(set) var replaced: Set<UUID> = []
    private var revokedTokens: Set<UUID> = []
    private var revokedVisitors: Set<UUID> = []

    /// The visitors created since all tokens were revoked. `nil`: that never happened.
    private var visitorsSinceRevocation: Set<UUID>?

    private var unsavedEntries: [RevocationLog.Entry] = []

    init(faults: [Fault], random: any RandomNumberGenerator & Sendable) {
        self.faults = faults
        self.random = random
    }

    /// Draws the faults for a request and decrements their counts.
    mutating func injectedFaults(for request: RequestKind) -> InjectedFaults {
        // Only a local existential can be passed as a generator.
        var random = random
        defer { self.random = random }
        var injected = InjectedFaults()
        for index in faults.indices where faults[index].applies(to: request) {
            guard .random(in: 0..<100, using: &random) < faults[index].percent else { continue }
            faults[index].remaining? -= 1
            counts.faults += 1
            injected.add(faults[index].effect)
        }
        faults.removeAll { $0.remaining == 0 }
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

    func isRevoked(_ token: MintedToken) -> Bool {
        revokedTokens.contains(token.id) || revokedVisitors.contains(token.visitor.id)
            || visitorsSinceRevocation?.contains(token.visitor.id) == false
    }
}
