package import struct Foundation.Date

/// When a session's access token is renewed: the policy's windows, laid on this token.
///
/// An issuer may give tokens that live for seconds; a window never takes more than its share of such a life, or
/// they would be renewed all the time.
package struct RenewalWindows: Sendable {
    /// From here on the token is renewed behind those who use it. A little earlier for one session and a little
    /// later for the other, so that what was generated together is not renewed together.
    package let renewFrom: Date

    /// From here on whoever wants it waits for the renewal.
    package let waitFrom: Date

    /// When it ends.
    package let end: Date

    /// The last renewal brought a token that was over on arrival: another one at once would bring no better. `nil`: it did not.
    let restsUntil: Date?

    /// `nil` where the end of the access token is not known: it is renewed when it is refused.
    package init?(_ session: VisitorSession, policy: SessionPolicy) {
        guard let end = session.accessExpiry.date else { return nil }
        self.end = end
        let life = max(end.timeIntervalSince(session.tokensAt), 0)
        let cameByRenewal = session.renewedAt == session.tokensAt
        restsUntil = life > 0 || !cameByRenewal ? nil : session.tokensAt + policy.longestRetry
        let lead = min(policy.renewAhead.inSeconds, life / 4)
        let leeway = min(policy.leeway.inSeconds, life / 10)
        let spread = lead * policy.renewAheadJitter * (2 * Self.share(of: session) - 1)
        renewFrom = end.addingTimeInterval(-max(lead + spread, leeway))
        waitFrom = end.addingTimeInterval(-leeway)
    }

    /// From 0 to 1: the same for one session until it is renewed, so that no two looks differ.
    private static func share(of session: VisitorSession) -> Double {
        let seed = session.id.bytes.suffix(2).reduce(0) { $0 * 256 + Int($1) }
        return Double((seed + session.renewalCount % 65_536 * 40_503) % 65_536) / 65_535
    }
}
