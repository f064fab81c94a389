import Synchronization

import struct Foundation.Date

/// A manager's shared access to the issuer: applies the gate and learns the issuer's clock.
final class IssuerAccess: Sendable {
    /// `Retry-After` is capped at this: a later time is probably a clock error.
    static let longestRetryAfter = Duration.seconds(3600)

    private let issuer: any TokenIssuer
    private let clock: ServerClock
    private let gate: Mutex<IssuerGate>

    init(_ issuer: any TokenIssuer, policy: SessionPolicy, clock: ServerClock) {
        self.issuer = issuer
        self.clock = clock
        gate = Mutex(IssuerGate(policy: policy))
    }

    var name: String { issuer.name }

    /// Returns `nil` if a request for this client can be sent now. Then send it or call ``cancelProbe()``.
    func admit(_ clientID: String) -> RequestDeferral? {
        let instant = clock.elapsed()
        return gate.withLock { $0.admit(clientID, at: instant) }
    }

    /// Reports that the last admitted request won't be sent.
    func cancelProbe() {
        let instant = clock.elapsed()
        gate.withLock { $0.cancelProbe(at: instant) }
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
                moment.elapsed(atWall: min(date, moment.wall + Self.longestRetryAfter))
            }
            gate.withLock { $0.failed(error, for: clientID, at: moment.elapsed, retryAfter: retryAfter) }
            return .failure(error)
        }
    }
}

/// Decides when this process may contact its issuer: the circuit breaker and `Retry-After` (RFC 9110, section 10.2.3).
/// A pure value; instants are monotonic.
struct IssuerGate: Sendable {
    private(set) var circuit: Circuit

    /// When each client may send requests again (`Retry-After`), by client ID.
    private var pauses: [String: Duration] = [:]

    init(policy: SessionPolicy) {
        circuit = Circuit(policy: policy)
    }

    /// Returns `nil` if a request for this client can be sent at `instant`.
    mutating func admit(_ clientID: String, at instant: Duration) -> RequestDeferral? {
        pauses = pauses.filter { $0.value > instant }
        if let pause = pauses[clientID] {
            return RequestDeferral(until: pause, reason: "The issuer asked clients to pause.")
        }
        return circuit.admit(at: instant).map {
            RequestDeferral(until: $0, reason: "The issuer isn't responding; requests are paused.")
        }
    }

    /// Reports that the last admitted request won't be sent.
    mutating func cancelProbe(at instant: Duration) {
        circuit.cancelProbe(at: instant)
    }

    mutating func succeeded() {
        circuit.answered()
    }

    /// Records a failure.
    ///
    /// - Parameter retryAfter: The instant before which the issuer accepts no requests.
    mutating func failed(_ error: IssuerError, for clientID: String, at instant: Duration, retryAfter: Duration?) {
        if let retryAfter { pauses[clientID] = max(retryAfter, pauses[clientID] ?? .zero) }
        switch error.kind {
        case .cancelled: circuit.cancelProbe(at: instant)
        // An issuer that throttles or refuses is reachable.
        case .transient where error.status != 429: circuit.failed(at: instant)
        default: circuit.answered()
        }
    }
}

/// A circuit breaker: after consecutive failures it blocks requests for a while, then lets one probe through. A pure
/// value; instants are monotonic.
package struct Circuit: Sendable {
    package enum State: Hashable, Sendable {
        case closed
        /// Requests are blocked until then.
        case open(until: Duration)
        /// A probe is in flight. If it doesn't complete by then, another one may be sent.
        case halfOpen(until: Duration)
    }

    let policy: SessionPolicy
    package private(set) var state = State.closed
    private var failures = 0

    package init(policy: SessionPolicy) {
        self.policy = policy
    }

    /// Returns `nil` if a request can be sent at `instant`, otherwise when to retry.
    package mutating func admit(at instant: Duration) -> Duration? {
        switch state {
        case .closed: return nil
        case .open(let until), .halfOpen(let until):
            guard instant >= until else { return until }
            state = .halfOpen(until: instant + policy.flightDeadline)
            return nil
        }
    }

    /// Reports that the probe won't be sent. The next request may be the probe.
    mutating func cancelProbe(at instant: Duration) {
        if case .halfOpen = state { state = .open(until: instant) }
    }

    /// Records that the issuer responded, with any status.
    package mutating func answered() {
        failures = 0
        state = .closed
    }

    /// Records that the issuer didn't respond, or responded that it is unavailable.
    package mutating func failed(at instant: Duration) {
        // Requests that were in flight when the circuit opened don't extend it.
        if case .open(let until) = state, instant < until { return }
        failures += 1
        guard failures >= policy.circuitFailureThreshold else { return }
        let doublings = min(failures - policy.circuitFailureThreshold, 16)
        state = .open(until: instant + min(policy.circuitPause * (1 << doublings), policy.maximumCircuitPause))
    }
}
