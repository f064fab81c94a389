public import struct Foundation.Date

/// What a session is good for at one instant. Never stored: always derived.
public enum SessionState: String, Sendable, Hashable, CaseIterable, Codable {
    /// The access token works, and will for a while.
    case valid
    /// The access token works, and ends inside the warning window.
    case expiring
    /// The access token is over; the refresh token is alive.
    case expired
    /// Somebody holds its lease.
    case renewing
    /// A refresh token was sent, and no answer was recorded: it may have been redeemed.
    case unresolved
    /// The refresh token is over: a new visitor is the only way on.
    case refused
    /// Put away, and kept for the grace period.
    case discarded
    /// Its row cannot be decoded or unsealed.
    case damaged
}

extension SessionState {
    /// What a rule looks at. Stores have each of them in SQL, too.
    package enum Condition: Sendable {
        case isUnreadable, isDiscarded
        /// No key of the store opens the tokens. A session that a store has read says so in `damage`.
        case isSealedElsewhere
        case isLeased, isSent, isRefused
        /// The refresh token has expired. Without one, the access token alone decides: it only can't be renewed.
        case cannotBeRenewed
        case accessHasExpired, accessExpiresSoon, otherwise
    }

    /// The rules of states, in their order: the first condition that holds decides.
    package static let rules: [(state: SessionState, condition: Condition)] = [
        (.damaged, .isUnreadable), (.discarded, .isDiscarded), (.damaged, .isSealedElsewhere), (.renewing, .isLeased),
        (.unresolved, .isSent), (.refused, .isRefused), (.refused, .cannotBeRenewed), (.expired, .accessHasExpired),
        (.expiring, .accessExpiresSoon), (.valid, .otherwise),
    ]
}

extension VisitorSession {
    /// The state at `now`, a time of the issuer's clock: by the first of ``SessionState/rules`` whose condition holds.
    public func state(at now: Date, policy: SessionPolicy) -> SessionState {
        for rule in SessionState.rules where holds(rule.condition, at: now, policy: policy) { return rule.state }
        return .valid
    }

    private func holds(_ condition: SessionState.Condition, at now: Date, policy: SessionPolicy) -> Bool {
        switch condition {
        case .isUnreadable: damage != nil
        case .isDiscarded: discardedAt != nil
        case .isSealedElsewhere: false
        case .isLeased: lease.map { $0.deadline > now } ?? false
        case .isSent: sentAt != nil
        case .isRefused: refusedAt != nil
        case .cannotBeRenewed:
            !refreshExpiry.isAlive(at: now) && (refreshExpiry != .absent || !accessExpiry.isAlive(at: now))
        case .accessHasExpired: !accessExpiry.isAlive(at: now)
        case .accessExpiresSoon: !accessExpiry.isAlive(at: now + policy.expiryWarning)
        case .otherwise: true
        }
    }

    /// The next instant after `now` at which ``state(at:policy:)`` changes by the passing of time alone.
    public func nextStateChange(after now: Date, policy: SessionPolicy) -> Date? {
        [
            lease?.deadline, accessExpiry.date.map { $0 - policy.expiryWarning }, accessExpiry.date, refreshExpiry.date,
        ]
        .compactMap(\.self).filter { $0 > now }.min()
    }
}
