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

extension VisitorSession {
    /// The state at `now`, a time of the issuer's clock. The first of these that holds: damaged, discarded,
    /// renewing, unresolved, refused, and then by the access token.
    public func state(at now: Date, policy: SessionPolicy) -> SessionState {
        if damage != nil { return .damaged }
        if discardedAt != nil { return .discarded }
        if let lease, lease.deadline > now { return .renewing }
        if sentAt != nil { return .unresolved }
        if refusedAt != nil { return .refused }

        let accessIsAlive = accessExpiry.isAlive(at: now)
        // Without a refresh token an access token still serves; it only cannot be followed by another.
        if !refreshExpiry.isAlive(at: now), refreshExpiry != .absent || !accessIsAlive { return .refused }
        if !accessIsAlive { return .expired }
        return accessExpiry.isAlive(at: now + policy.expiryWarning) ? .valid : .expiring
    }

    /// The next instant after `now` at which ``state(at:policy:)`` changes by the passing of time alone.
    public func nextStateChange(after now: Date, policy: SessionPolicy) -> Date? {
        [
            lease?.deadline, accessExpiry.date.map { $0 - policy.expiryWarning }, accessExpiry.date, refreshExpiry.date,
        ]
        .compactMap(\.self).filter { $0 > now }.min()
    }
}
