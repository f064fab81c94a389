package import struct Foundation.Date

/// Which sessions a scheduler renews now, and when it has to look again. A pure decision.
///
/// Earliest end first. Where the issuer takes so many requests a minute and no more, a crowd that ends together is begun
/// so early that the last of it is still in time, as far ahead as it was looked.
package struct RenewalPlan: Sendable {
    /// A session that may be renewed unasked.
    package struct Candidate: Sendable {
        package let session: VisitorSession
        package let windows: RenewalWindows
    }

    /// To be begun now, in this order, one each ``interval``.
    package private(set) var due: [Candidate] = []

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
        let candidates = sessions.compactMap { session -> Candidate? in
            guard session.refreshExpiry != .absent, session.issuer == nil || session.issuer == issuer,
                let windows = RenewalWindows(session, policy: policy)
            else { return nil }
            return Candidate(session: session, windows: windows)
        }
        // From the last to the first: each has to be begun before its own time, and before the next one's turn.
        var latest = Date.distantFuture
        var starts: [Date] = []
        for candidate in candidates.reversed() {
            latest = min(latest - interval, candidate.windows.waitFrom - interval)
            starts.append(min(latest, candidate.windows.renewFrom))
        }
        var turn = now
        for (candidate, start) in zip(candidates, starts.reversed()) {
            let pauseEnd = candidate.session.pauseEnd(at: now, policy: policy)
            // Whoever holds it is at it, until a time of the store's clock.
            let lease = candidate.session.lease.flatMap { $0.bars("", at: moment.wall) ? $0 : nil }
            let leaseEnd = lease.map { now.addingTimeInterval($0.deadline.timeIntervalSince(moment.wall)) }
            let begin = max(
                start, pauseEnd ?? .distantPast, leaseEnd ?? .distantPast, candidate.windows.restsUntil ?? .distantPast)
            turn = max(turn, begin) + interval
            if turn > candidate.windows.end, candidate.windows.end > now { late += 1 }
            if begin <= now {
                due.append(candidate)
            } else {
                next = min(next ?? .distantFuture, begin)
            }
        }
    }
}
