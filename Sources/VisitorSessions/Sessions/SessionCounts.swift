public import struct Foundation.Date

/// How many sessions are in which state at one instant.
public struct SessionCounts: Hashable, Sendable {
    public var states: [SessionState: Int]

    /// When access tokens end in the next hours. Of the sessions that are not put away and can be read; in the first
    /// step are some that have ended just now.
    public var expiries = ExpiryHistogram()

    /// The next end of an access token among the sessions that are not put away.
    public var nextExpiry: Date?

    /// What the passing of time alone will do next, in its order: ``pass(to:)`` does it.
    public internal(set) var changes: [Change] = []

    /// The next instant at which a count changes by the passing of time alone in a way that is not among ``changes``. Until
    /// then the counts hold, as ``pass(to:)`` carries them along, unless a session is written.
    public var nextChange: Date?

    /// Until when the busiest client's ``RequestBudget`` is used, by the store's clock: its arrival, where that is
    /// still to come.
    public var budgetUsedUntil: Date?

    public init(
        states: [SessionState: Int] = [:], nextExpiry: Date? = nil, nextChange: Date? = nil,
        budgetUsedUntil: Date? = nil
    ) {
        self.states = states
        self.nextExpiry = nextExpiry
        self.nextChange = nextChange
        self.budgetUsedUntil = budgetUsedUntil
    }

    public subscript(state: SessionState) -> Int {
        states[state] ?? 0
    }

    /// All sessions that are not put away.
    public var total: Int {
        states.reduce(0) { $1.key == .discarded ? $0 : $0 + $1.value }
    }
}

extension SessionCounts {
    /// One session at an instant at which it gets into another state, or its access token ends.
    public struct Change: Hashable, Sendable {
        public var at: Date
        public var from: SessionState
        public var to: SessionState
        public var endsAccess: Bool
    }

    /// How far counts look ahead, the furthest first: the first of these that has no more sessions in it than
    /// ``predictionLimit``. Of a million sessions one ends every tenth of a second; to ask for each of them would keep a
    /// database busy with what is known.
    package static let lookaheads: [Duration] = [.seconds(60), .seconds(5)]
    package static let predictionLimit = 2500

    /// Takes note of what will happen to `sessions` until `horizon`: of all that have an end in that time.
    package mutating func predict(
        _ sessions: [VisitorSession], after now: Date, until horizon: Date, policy: SessionPolicy
    ) {
        changes = sessions.flatMap { $0.changes(after: now, until: horizon, policy: policy) }.sorted { $0.at < $1.at }
        if !changes.isEmpty { nextChange = horizon }
    }

    /// Does what time alone does until `now`. Returns whether that was anything.
    public mutating func pass(to now: Date) -> Bool {
        let past = changes.prefix { $0.at <= now }
        for change in past {
            states[change.from, default: 0] -= 1
            states[change.to, default: 0] += 1
        }
        states = states.filter { $0.value != 0 }
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
    fileprivate func changes(after now: Date, until horizon: Date, policy: SessionPolicy) -> [SessionCounts.Change] {
        var changes: [SessionCounts.Change] = []
        var before = now
        while let next = nextStateChange(after: before, policy: policy), next <= horizon {
            // Ends are whole milliseconds: half of one behind it there is no doubt on which side of it that is.
            let change = SessionCounts.Change(
                at: next, from: state(at: before, policy: policy),
                to: state(at: next + .microseconds(500), policy: policy),
                endsAccess: accessExpiry.date == next && discardedAt == nil)
            if change.from != change.to || change.endsAccess { changes.append(change) }
            before = next + .microseconds(500)
        }
        return changes
    }
}

/// How many access tokens end when, in steps of equal length.
public struct ExpiryHistogram: Hashable, Sendable {
    /// A power of two in milliseconds, so that a database finds a time's step by a shift.
    package static let stepBits = 14
    public static let step = Duration.milliseconds(1 << stepBits)

    /// How far it reaches from the step of its time on: a little more than four hours.
    package static let steps = 880

    /// By the number of the step, counted from 1970. Steps in which no token ends are not there.
    public var counts: [Int: Int]

    public init(counts: [Int: Int] = [:]) {
        self.counts = counts
    }

    /// The step that a time is in.
    public static func step(of date: Date) -> Int {
        Int((date.timeIntervalSince1970 * 1000).rounded()) >> stepBits
    }

    /// When a step begins.
    public static func start(of step: Int) -> Date {
        Date(timeIntervalSince1970: Double(step << stepBits) / 1000)
    }

    /// The steps that are counted at `now`: its own, and those behind it.
    package static func range(at now: Date) -> Range<Int> {
        let first = step(of: now)
        return first..<first + steps
    }
}
