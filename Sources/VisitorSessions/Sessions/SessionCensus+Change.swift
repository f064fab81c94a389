public import struct Foundation.Date

extension SessionCensus {
    /// One session at an instant at which it gets into another state, or its access token ends.
    public struct Change: Hashable, Sendable {
        public var at: Date
        public var from: SessionState
        public var to: SessionState
        public var endsAccess: Bool
    }

    /// How far a census looks ahead, the furthest first: the first of these that has no more sessions in it than
    /// ``foreseenLimit``. Of a million sessions one ends every tenth of a second; to ask for each of them would keep a
    /// database busy with what is known.
    package static let foresights: [Duration] = [.seconds(60), .seconds(5)]
    package static let foreseenLimit = 2500

    /// Takes note of what will happen to `sessions` until `horizon`: of all that have an end in that time.
    package mutating func foresee(
        _ sessions: [VisitorSession], after now: Date, until horizon: Date, policy: SessionPolicy
    ) {
        changes = sessions.flatMap { $0.changes(after: now, until: horizon, policy: policy) }.sorted { $0.at < $1.at }
        if !changes.isEmpty { nextChange = horizon }
    }

    /// Does what time alone does until `now`. Returns whether that was anything.
    public mutating func pass(to now: Date) -> Bool {
        let past = changes.prefix { $0.at <= now }
        for change in past {
            counts[change.from, default: 0] -= 1
            counts[change.to, default: 0] += 1
        }
        counts = counts.filter { $0.value != 0 }
        changes.removeFirst(past.count)
        if past.contains(where: \.endsAccess) {
            nextExpiry = changes.first(where: \.endsAccess)?.at
            // The one after that is not foreseen.
            if nextExpiry == nil { nextChange = now }
        }
        return !past.isEmpty
    }
}

extension VisitorSession {
    fileprivate func changes(after now: Date, until horizon: Date, policy: SessionPolicy) -> [SessionCensus.Change] {
        var changes: [SessionCensus.Change] = []
        var before = now
        while let next = nextStateChange(after: before, policy: policy), next <= horizon {
            // Ends are whole milliseconds: half of one behind it there is no doubt on which side of it that is.
            let change = SessionCensus.Change(
                at: next, from: state(at: before, policy: policy),
                to: state(at: next + .microseconds(500), policy: policy),
                endsAccess: accessExpiry.date == next && discardedAt == nil)
            if change.from != change.to || change.endsAccess { changes.append(change) }
            before = next + .microseconds(500)
        }
        return changes
    }
}
