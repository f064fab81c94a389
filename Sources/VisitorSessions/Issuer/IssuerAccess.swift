import Synchronization

import struct Foundation.Date

/// The issuer, as all of a manager's work shares it: through the gate, and with its clock being learnt.
final class IssuerAccess: Sendable {
    /// Times further ahead than this are taken for a clock's error, and what an issuer asks for beyond is cut.
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

    /// `nil`: a request for this client may be sent now, and has to be.
    func admit(_ clientID: String) -> RequestDeferral? {
        let instant = clock.elapsed()
        return gate.withLock { $0.admit(clientID, at: instant) }
    }

    /// The request that was admitted last is not made.
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

/// What stands between this process and its issuer: the circuit, and what the issuer itself has asked to wait for
/// (RFC 9110, section 10.2.3: `Retry-After`). A pure value; instants are of a clock that nobody sets.
struct IssuerGate: Sendable {
    private(set) var circuit: Circuit

    /// A limit is one of a client: others may go on.
    private var pauses: [String: Duration] = [:]

    init(policy: SessionPolicy) {
        circuit = Circuit(policy: policy)
    }

    /// `nil`: a request for this client may be sent at `instant`.
    mutating func admit(_ clientID: String, at instant: Duration) -> RequestDeferral? {
        pauses = pauses.filter { $0.value > instant }
        if let pause = pauses[clientID] {
            return RequestDeferral(until: pause, reason: "The issuer has asked for a pause.")
        }
        return circuit.admit(at: instant).map {
            RequestDeferral(until: $0, reason: "The issuer does not answer, and is left alone for a while.")
        }
    }

    /// The request that was admitted last is not made.
    mutating func cancelProbe(at instant: Duration) {
        circuit.cancelProbe(at: instant)
    }

    mutating func succeeded() {
        circuit.answered()
    }

    /// Takes note of a failure. `retryAfter`: the instant before which the issuer wants no more requests.
    mutating func failed(_ error: IssuerError, for clientID: String, at instant: Duration, retryAfter: Duration?) {
        if let retryAfter { pauses[clientID] = max(retryAfter, pauses[clientID] ?? .zero) }
        switch error.kind {
        case .cancelled: circuit.cancelProbe(at: instant)
        // An issuer that asks for patience, or refuses, is there.
        case .transient where error.status != 429: circuit.failed(at: instant)
        default: circuit.answered()
        }
    }
}

/// Keeps requests from an issuer that does not answer: after some failures in a row none is sent for a while, and then
/// one, to see. A pure value; instants are of a clock that nobody sets.
package struct Circuit: Sendable {
    package enum State: Hashable, Sendable {
        case closed
        /// No requests until then.
        case open(until: Duration)
        /// One request is under way, to see. If nobody hears of it until then, another one may be sent.
        case halfOpen(until: Duration)
    }

    let policy: SessionPolicy
    package private(set) var state = State.closed
    private var failures = 0

    package init(policy: SessionPolicy) {
        self.policy = policy
    }

    /// Whether a request may be sent at `instant`. `nil`: yes, now. Otherwise not before what is returned.
    package mutating func admit(at instant: Duration) -> Duration? {
        switch state {
        case .closed: return nil
        case .open(let until), .halfOpen(let until):
            guard instant >= until else { return until }
            state = .halfOpen(until: instant + policy.flightDeadline)
            return nil
        }
    }

    /// The request that was to see is not made: another one may.
    mutating func cancelProbe(at instant: Duration) {
        if case .halfOpen = state { state = .open(until: instant) }
    }

    /// The issuer has answered, whatever it said.
    package mutating func answered() {
        failures = 0
        state = .closed
    }

    /// The issuer has not answered, or that it cannot.
    package mutating func failed(at instant: Duration) {
        // Those that were under way when it opened say nothing new.
        if case .open(let until) = state, instant < until { return }
        failures += 1
        guard failures >= policy.circuitFailures else { return }
        let doublings = min(failures - policy.circuitFailures, 16)
        state = .open(until: instant + min(policy.circuitPause * (1 << doublings), policy.longestCircuitPause))
    }
}

/// The issuer may not be asked just now, for whichever session: by its budget, its own word, or because it does not answer.
struct RequestDeferral: Error, Hashable, Sendable {
    /// Not before this instant of the clock that nobody sets.
    var until: Duration

    /// Why, in a sentence for a person.
    var reason: String
}
