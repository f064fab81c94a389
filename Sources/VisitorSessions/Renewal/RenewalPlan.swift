package import struct Foundation.Date

/// Which sessions a scheduler renews now, and when it has to look again. A pure decision.
///
/// Earliest end first. Where the issuer takes so many requests a minute and no more, a crowd that ends together is begun
/// so early that the last of it is still in time, as far ahead as it was looked.
package struct RenewalPlan: Sendable {
    /// To be begun now, in this order, one each `interval`: their places among the sessions that were given.
    package private(set) var due: [Int] = []

    /// When the first of the others has its turn. `nil`: there are none.
    package private(set) var next: Date?

    /// How many of all these will have ended before their turn comes.
    package private(set) var late = 0

    /// - Parameters:
    ///   - sessions: Those that asked for it, in the order of their end.
    ///   - issuer: Which issuer is asked: the sessions of others are not.
    ///   - interval: How long one request takes from the issuer's budget. Zero: it takes any number.
    package init(
        _ sessions: [VisitorSession], policy: SessionPolicy, issuer: String, interval: Duration, at moment: Moment
    ) {
        let now = moment.now
        let step = interval.inSeconds
        let lengths = RenewalWindows.Lengths(policy)
        // Those that may be renewed unasked. None is copied: of thousands a few are begun.
        var candidates: [(place: Int, windows: RenewalWindows, notBefore: Date)] = []
        candidates.reserveCapacity(sessions.count)
        for place in sessions.indices {
            guard sessions[place].refreshExpiry != .absent,
                sessions[place].issuer == nil || sessions[place].issuer == issuer,
                let windows = RenewalWindows(
                    sessions[place].id, accessExpiry: sessions[place].accessExpiry, tokensAt: sessions[place].tokensAt,
                    renewedAt: sessions[place].renewedAt, renewalCount: sessions[place].renewalCount, lengths)
            else { continue }
            var notBefore = windows.restsUntil ?? .distantPast
            if sessions[place].retryAt != nil, let pauseEnd = sessions[place].pauseEnd(at: now, policy: policy) {
                notBefore = max(notBefore, pauseEnd)
            }
            // Whoever holds it is at it, until a time of the store's clock.
            if let lease = sessions[place].lease, lease.blocks("", at: moment.wall) {
                let seconds = lease.deadline.timeIntervalSince(moment.wall)
                notBefore = max(notBefore, now.addingTimeInterval(seconds))
            }
            candidates.append((place, windows, notBefore))
        }
        // From the last to the first: each has to be begun before its own time, and before the next one's turn.
        var latest = Date.distantFuture
        var starts: [Date] = []
        starts.reserveCapacity(candidates.count)
        for (_, windows, _) in candidates.reversed() {
            latest = min(latest, windows.waitFrom).addingTimeInterval(-step)
            starts.append(min(latest, windows.renewFrom))
        }
        var turn = now
        for ((place, windows, notBefore), start) in zip(candidates, starts.reversed()) {
            let begin = max(start, notBefore)
            turn = max(turn, begin).addingTimeInterval(step)
            if turn > windows.end, windows.end > now { late += 1 }
            if begin <= now {
                due.append(place)
            } else {
                next = min(next ?? .distantFuture, begin)
            }
        }
    }
}

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
