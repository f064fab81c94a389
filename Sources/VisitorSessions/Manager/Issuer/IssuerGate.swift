import struct Foundation.Date

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
    mutating func admit(_ clientID: String, at instant: Duration) -> HeldBack? {
        pauses = pauses.filter { $0.value > instant }
        if let pause = pauses[clientID] {
            return HeldBack(until: pause, reason: "The issuer has asked for a pause.")
        }
        return circuit.admit(at: instant).map {
            HeldBack(until: $0, reason: "The issuer does not answer, and is left alone for a while.")
        }
    }

    /// The request that was admitted last is not made.
    mutating func withdrawn(at instant: Duration) {
        circuit.withdrawn(at: instant)
    }

    mutating func succeeded() {
        circuit.answered()
    }

    /// Takes note of a failure. `retryAfter`: the instant before which the issuer wants no more requests.
    mutating func failed(_ error: IssuerError, for clientID: String, at instant: Duration, retryAfter: Duration?) {
        if let retryAfter { pauses[clientID] = max(retryAfter, pauses[clientID] ?? .zero) }
        switch error.kind {
        case .cancelled: circuit.withdrawn(at: instant)
        // An issuer that asks for patience, or refuses, is there.
        case .transient where error.status != 429: circuit.failed(at: instant)
        default: circuit.answered()
        }
    }
}
