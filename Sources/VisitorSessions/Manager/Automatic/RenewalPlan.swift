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
            if let lease = sessions[place].lease, lease.bars("", at: moment.wall) {
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
