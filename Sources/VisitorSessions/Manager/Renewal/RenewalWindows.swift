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
        self.init(
            session.id, accessExpiry: session.accessExpiry, tokensAt: session.tokensAt, renewedAt: session.renewedAt,
            renewalCount: session.renewalCount, Lengths(policy))
    }

    /// The same of a session's parts, for whoever looks at thousands of sessions and copies none.
    init?(
        _ id: SessionID, accessExpiry: TokenExpiry, tokensAt: Date, renewedAt: Date?, renewalCount: Int,
        _ lengths: Lengths
    ) {
        guard let end = accessExpiry.date else { return nil }
        self.end = end
        let life = max(end.timeIntervalSince(tokensAt), 0)
        let cameByRenewal = renewedAt == tokensAt
        restsUntil = life > 0 || !cameByRenewal ? nil : tokensAt.addingTimeInterval(lengths.longestRetry)
        let lead = min(lengths.renewAhead, life / 4)
        let leeway = min(lengths.leeway, life / 10)
        let spread = lead * lengths.jitter * (2 * Self.share(of: id, renewalCount) - 1)
        renewFrom = end.addingTimeInterval(-max(lead + spread, leeway))
        waitFrom = end.addingTimeInterval(-leeway)
    }

    /// The policy's windows, in seconds.
    struct Lengths {
        let renewAhead: Double
        let leeway: Double
        let longestRetry: Double
        let jitter: Double

        init(_ policy: SessionPolicy) {
            renewAhead = policy.renewAhead.inSeconds
            leeway = policy.leeway.inSeconds
            longestRetry = policy.longestRetry.inSeconds
            jitter = policy.renewAheadJitter
        }
    }

    /// From 0 to 1: the same for one session until it is renewed, so that no two looks differ.
    private static func share(of id: SessionID, _ renewalCount: Int) -> Double {
        let bytes = id.uuid.uuid
        let seed = Int(bytes.14) * 256 + Int(bytes.15)
        return Double((seed + renewalCount % 65_536 * 40_503) % 65_536) / 65_535
    }
}
