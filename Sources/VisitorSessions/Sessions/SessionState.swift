public import struct Foundation.Date

/// A session's state at one instant. Never stored, always derived.
public enum SessionState: String, Sendable, Hashable, CaseIterable, Codable {
    /// The access token works.
    case valid
    /// The access token works, but expires within the warning window.
    case expiring
    /// The access token has expired; the refresh token can be redeemed.
    case expired
    /// A process holds its lease.
    case renewing
    /// A refresh token was sent, but no response was recorded. It may have been redeemed.
    case unresolved
    /// The refresh token was refused or has expired, or there is none and the access token has expired. Set other
    /// tokens or generate a new visitor.
    case refused
    /// Discarded, and kept for the grace period.
    case discarded
    /// The row can't be decoded or decrypted.
    case damaged
}

extension SessionState {
    /// The conditions of the rules. SQL stores also implement each of them in SQL.
    package enum Condition: Sendable {
        case isUnreadable, isDiscarded
        /// No key opens the tokens. Once a store has read the session, ``VisitorSession/damage`` says so instead.
        case hasUnknownKey
        case isLeased, isSent, isRefused
        /// The refresh token has expired. A session without one depends on its access token alone.
        case cannotBeRenewed
        case accessHasExpired, accessExpiresSoon, otherwise
    }

    /// The first rule whose condition holds determines the state.
    package static let rules: [(state: SessionState, condition: Condition)] = [
        (.damaged, .isUnreadable), (.discarded, .isDiscarded), (.damaged, .hasUnknownKey), (.renewing, .isLeased),
        (.unresolved, .isSent), (.refused, .isRefused), (.refused, .cannotBeRenewed), (.expired, .accessHasExpired),
        (.expiring, .accessExpiresSoon), (.valid, .otherwise),
    ]
}

extension VisitorSession {
    /// The state at `now` on the issuer's clock: that of the first matching rule.
    public func state(at now: Date, policy: SessionPolicy) -> SessionState {
        for rule in SessionState.rules where holds(rule.condition, at: now, policy: policy) { return rule.state }
        return .valid
    }

    private func holds(_ condition: SessionState.Condition, at now: Date, policy: SessionPolicy) -> Bool {
        switch condition {
        case .isUnreadable: damage != nil
        case .isDiscarded: discardedAt != nil
        case .hasUnknownKey: false
        case .isLeased: lease.map { $0.deadline > now } ?? false
        case .isSent: sentAt != nil
        case .isRefused: refusedAt != nil
        case .cannotBeRenewed:
            !refreshExpiry.isUsable(at: now) && (refreshExpiry != .absent || !accessExpiry.isUsable(at: now))
        case .accessHasExpired: !accessExpiry.isUsable(at: now)
        case .accessExpiresSoon: warningStart(policy).map { $0 <= now } ?? false
        case .otherwise: true
        }
    }

    /// The next instant after `now` at which the state changes by time alone.
    public func nextStateChange(after now: Date, policy: SessionPolicy) -> Date? {
        [
            lease?.deadline, warningStart(policy), accessExpiry.date, refreshExpiry.date,
        ]
        .compactMap(\.self).filter { $0 > now }.min()
    }

    /// When its access token begins to count as expiring. `nil`: its expiry isn't known.
    private func warningStart(_ policy: SessionPolicy) -> Date? {
        accessExpiry.date.map { policy.warningStart(of: $0, grantedAt: tokensAt) }
    }
}

extension SessionPolicy {
    /// ``expiryWarning`` in whole milliseconds, as stores compare it.
    package var warningMilliseconds: Int64 { Int64((expiryWarning.inSeconds * 1000).rounded(.down)) }

    /// When a token that expires at `expiry` begins to count as expiring. SQL stores also implement this in SQL.
    package func warningStart(of expiry: Date, grantedAt: Date) -> Date {
        let end = Milliseconds.nearest(expiry)
        let fifth = max((end - Milliseconds.nearest(grantedAt)) / 5, 0)
        return Milliseconds.date(end - min(warningMilliseconds, fifth))
    }
}
