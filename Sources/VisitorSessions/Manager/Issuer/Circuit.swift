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
    mutating func withdrawn(at instant: Duration) {
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
