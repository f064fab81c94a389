import Synchronization

/// The issuer, as all of a manager's work shares it: through the gate, and with its clock being learnt.
final class IssuerAccess: Sendable {
    private let issuer: any TokenIssuer
    private let clock: ServerClock
    private let gate: Mutex<IssuerGate>

    init(_ issuer: any TokenIssuer, policy: SessionPolicy, clock: ServerClock) {
        self.issuer = issuer
        self.clock = clock
        gate = Mutex(IssuerGate(policy: policy))
    }

    var name: String { issuer.name }

    /// `nil`: a request for this client may be sent now, and has to be.
    func admit(_ clientID: String) -> HeldBack? {
        let instant = clock.elapsed()
        return gate.withLock { $0.admit(clientID, at: instant) }
    }

    /// The request that was admitted last is not made.
    func withdraw() {
        let instant = clock.elapsed()
        gate.withLock { $0.withdrawn(at: instant) }
    }

    func generate(clientID: String, within limit: Duration) async -> Result<IssuedTokens, IssuerError> {
        await request(for: clientID) { issuer throws(IssuerError) in
            try await issuer.generate(clientID: clientID, within: limit)
        }
    }

    func renew(
        _ token: RefreshToken, clientID: String, within limit: Duration
    ) async -> Result<IssuedTokens, IssuerError> {
        await request(for: clientID) { issuer throws(IssuerError) in
            try await issuer.renew(token, clientID: clientID, within: limit)
        }
    }

    private func request(
        for clientID: String, _ ask: (any TokenIssuer) async throws(IssuerError) -> IssuedTokens
    ) async -> Result<IssuedTokens, IssuerError> {
        let sent = clock.moment
        do {
            let issued = try await ask(issuer)
            clock.learn(issued.serverDate, sent: sent)
            gate.withLock { $0.succeeded() }
            return .success(issued)
        } catch {
            clock.learn(error.serverDate, sent: sent)
            let moment = clock.moment
            let retryAfter = error.retryAfter.map { date in
                moment.elapsed(atWall: min(date, moment.wall + RenewalMachine.longestRetryAfter))
            }
            gate.withLock { $0.failed(error, for: clientID, at: moment.elapsed, retryAfter: retryAfter) }
            return .failure(error)
        }
    }
}
