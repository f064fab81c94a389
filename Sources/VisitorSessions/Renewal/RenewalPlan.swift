package import struct Foundation.Date

/// Decides which sessions a scheduler renews now, and when it has to look again. A pure decision.
///
/// Sessions that expire first are renewed first. If the issuer's budget is limited, renewals start early enough that
/// the last of the given sessions still finishes in time.
package struct RenewalPlan: Sendable {
    /// Indexes of the sessions to renew now, in this order, one each `interval`.
    package private(set) var due: [Int] = []

    /// When the next session is due, or `nil` if there is none.
    package private(set) var next: Date?

    /// How many of the sessions will expire before the budget allows their renewal.
    package private(set) var late = 0

    /// - Parameters:
    ///   - sessions: Sessions with automatic renewal, by expiry.
    ///   - issuer: The issuer to contact. Sessions of other issuers are skipped.
    ///   - interval: The time per request that the issuer's budget allows. Zero: unlimited.
    package init(
        _ sessions: [VisitorSession], policy: SessionPolicy, issuer: String, interval: Duration, at moment: Moment
    ) {
        let now = moment.now
        let step = interval.inSeconds
        let lengths = RenewalWindows.Lengths(policy)
        // Sessions that may be renewed automatically, as indexes: copying thousands of sessions to start a few is slow.
        var candidates: [(place: Int, windows: RenewalWindows, notBefore: Date)] = []
        candidates.reserveCapacity(sessions.count)
        for place in sessions.indices {
            guard sessions[place].refreshExpiry != .absent,
                sessions[place].issuer == nil || sessions[place].issuer == issuer,
                let windows = RenewalWindows(
                    sessions[place].id, accessExpiry: sessions[place].accessExpiry, tokensAt: sessions[place].tokensAt,
                    renewedAt: sessions[place].renewedAt, renewalCount: sessions[place].renewalCount, lengths)
            else { continue }
            var notBefore = windows.retryNotBefore ?? .distantPast
            if sessions[place].retryAt != nil, let pauseEnd = sessions[place].pauseEnd(at: now, policy: policy) {
                notBefore = max(notBefore, pauseEnd)
            }
            // Another process is renewing it until the deadline, which is on the store's clock.
            if let lease = sessions[place].lease, lease.blocks("", at: moment.wall) {
                let seconds = lease.deadline.timeIntervalSince(moment.wall)
                notBefore = max(notBefore, now.addingTimeInterval(seconds))
            }
            candidates.append((place, windows, notBefore))
        }
        // From last to first: each starts before its own time and before its successor's start.
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
            // A session that waits for another process or for its pause neither takes a turn nor waits for one.
            if notBefore <= max(start, now) {
                turn = max(turn, start).addingTimeInterval(step)
                if turn > windows.end, windows.end > now { late += 1 }
            }
            if begin <= now {
                due.append(place)
            } else {
                next = min(next ?? .distantFuture, begin)
            }
        }
    }
}

/// When to renew a session's access token: the policy's windows, applied to this token.
///
/// Each window is limited to a share of the token's lifetime; otherwise tokens that live for seconds would be renewed
/// all the time.
package struct RenewalWindows: Sendable {
    /// From here on the token is renewed in the background. Jittered per session, so that sessions generated together
    /// aren't renewed together.
    package let renewFrom: Date

    /// From here on callers wait for the renewal.
    package let waitFrom: Date

    package let end: Date

    /// The earliest retry if the last renewal returned a token that had already expired; otherwise `nil`. An immediate
    /// retry would be pointless.
    let retryNotBefore: Date?

    /// `nil` if the access token's expiry isn't known. Such a token is renewed when it is refused.
    package init?(_ session: VisitorSession, policy: SessionPolicy) {
        self.init(
            session.id, accessExpiry: session.accessExpiry, tokensAt: session.tokensAt, renewedAt: session.renewedAt,
            renewalCount: session.renewalCount, Lengths(policy))
    }

    /// From a session's parts, for callers that scan thousands of sessions without copying them.
    init?(
        _ id: SessionID, accessExpiry: TokenExpiry, tokensAt: Date, renewedAt: Date?, renewalCount: Int,
        _ lengths: Lengths
    ) {
        guard let end = accessExpiry.date else { return nil }
        self.end = end
        let life = max(end.timeIntervalSince(tokensAt), 0)
        let cameByRenewal = renewedAt == tokensAt
        retryNotBefore = life > 0 || !cameByRenewal ? nil : tokensAt.addingTimeInterval(lengths.maximumBackoff)
        let lead = min(lengths.renewAhead, life / 4)
        let leeway = min(lengths.leeway, life / 10)
        let spread = lead * lengths.jitter * (2 * Self.share(of: id, renewalCount) - 1)
        renewFrom = end.addingTimeInterval(-max(lead + spread, leeway))
        waitFrom = end.addingTimeInterval(-leeway)
    }

    struct Lengths {
        let renewAhead: Double
        let leeway: Double
        let maximumBackoff: Double
        let jitter: Double

        init(_ policy: SessionPolicy) {
            renewAhead = policy.renewAhead.inSeconds
            leeway = policy.leeway.inSeconds
            maximumBackoff = policy.maximumBackoff.inSeconds
            jitter = policy.renewAheadJitter
        }
    }

    /// A number from 0 to 1 that stays the same for a session until it is renewed.
    private static func share(of id: SessionID, _ renewalCount: Int) -> Double {
        let bytes = id.uuid.uuid
        let seed = Int(bytes.14) * 256 + Int(bytes.15)
        return Double((seed + renewalCount % 65_536 * 40_503) % 65_536) / 65_535
    }
}
