public import struct Foundation.Date

/// Requests a page of a sorted, filtered list.
public struct SessionQuery: Hashable, Sendable {
    /// Where the page begins. Pages are in list order, whichever way they are read.
    public enum Start: Hashable, Sendable {
        case first
        case last
        /// The nearest sessions after this position.
        case after(SessionPosition)
        /// The sessions from this position on, inclusive.
        case from(SessionPosition)
        /// The nearest sessions before this position.
        case before(SessionPosition)
    }

    public var filter: SessionFilter
    public var sort: SessionSort
    public var start: Start
    public var limit: Int

    /// The time, on the issuer's clock, for computing states.
    public var now: Date
    public var policy: SessionPolicy

    public init(
        filter: SessionFilter = SessionFilter(), sort: SessionSort = SessionSort(), start: Start = .first,
        limit: Int, now: Date, policy: SessionPolicy
    ) {
        self.filter = filter
        self.sort = sort
        self.start = start
        self.limit = limit
        self.now = now
        self.policy = policy
    }
}

/// The order of a list. Ties are ordered by ID, so every order is total.
public struct SessionSort: Hashable, Sendable {
    public enum Key: String, Sendable, Hashable, CaseIterable {
        case accessExpiry = "access"
        case refreshExpiry = "refresh"
        case created
        case renewed
        case label
    }

    public var key: Key
    public var descending: Bool

    public init(_ key: Key = .accessExpiry, descending: Bool = false) {
        self.key = key
        self.descending = descending
    }

    public func isBefore(_ left: SessionPosition, _ right: SessionPosition) -> Bool {
        descending ? left > right : left < right
    }
}

/// A position in a sorted list: the sorted value and the ID of a current or former session.
public struct SessionPosition: Hashable, Sendable {
    public enum Value: Hashable, Sendable {
        case expiry(TokenExpiry)
        /// `nil` (never) sorts first.
        case time(Date?)
        /// Compared by UTF-8 bytes, as stores do.
        case text(String)
    }

    public var value: Value
    public var id: SessionID

    public init(_ value: Value, _ id: SessionID) {
        self.value = value
        self.id = id
    }
}

extension VisitorSession {
    /// The session's position in a list sorted by `key`.
    public func position(by key: SessionSort.Key) -> SessionPosition {
        let value: SessionPosition.Value =
            switch key {
            case .accessExpiry: .expiry(accessExpiry)
            case .refreshExpiry: .expiry(refreshExpiry)
            case .created: .time(createdAt)
            case .renewed: .time(renewedAt)
            case .label: .text(label.lowercased())
            }
        return SessionPosition(value, id)
    }
}

extension SessionPosition: Comparable {
    public static func < (left: SessionPosition, right: SessionPosition) -> Bool {
        left.value == right.value ? left.id < right.id : left.value < right.value
    }
}

extension SessionPosition.Value: Comparable {
    public static func < (left: Self, right: Self) -> Bool {
        switch (left, right) {
        case (.expiry(let left), .expiry(let right)): left < right
        case (.time(let left), .time(let right)): (left ?? .distantPast) < (right ?? .distantPast)
        case (.text(let left), .text(let right)): left.utf8.lexicographicallyPrecedes(right.utf8)
        default: false  // A list never mixes values of two keys.
        }
    }
}

/// A position's index in its whole list.
public struct SessionRank: Hashable, Sendable {
    /// How many sessions come before it.
    public var before: Int

    /// How many sessions the list has.
    public var total: Int

    public init(before: Int, total: Int) {
        self.before = before
        self.total = total
    }
}

extension TokenExpiry {
    package var milliseconds: Int64 {
        switch self {
        case .absent: Milliseconds.lowest
        case .at(let date): Milliseconds.nearest(date)
        case .unknown: Milliseconds.highest
        }
    }
}

/// The number of sessions in each state at one instant.
public struct SessionCounts: Hashable, Sendable {
    public var states: [SessionState: Int]

    /// How many access tokens expire when, over the next few hours. Excludes discarded and damaged sessions, and tokens
    /// that have already expired.
    public var expiries = ExpiryHistogram()

    /// The next expiry of an access token, discarded and damaged sessions excluded.
    public var nextExpiry: Date?

    /// The predicted changes caused by the passage of time alone, in order. ``advance(to:)`` applies them.
    public internal(set) var changes: [Change] = []

    /// When the counts may next change with time, apart from ``changes``. Until then, ``advance(to:)`` keeps them correct,
    /// unless a session is written.
    public var nextChange: Date?

    /// When the busiest client's ``RequestBudget`` is free again, by the store's clock: its arrival, if in the future.
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

    /// All sessions that aren't discarded.
    public var total: Int {
        states.reduce(0) { $1.key == .discarded ? $0 : $0 + $1.value }
    }
}

extension SessionCounts {
    /// A session that changes its state, or whose access token expires, at an instant.
    public struct Change: Hashable, Sendable {
        public var at: Date
        public var from: SessionState
        public var to: SessionState
        public var expiresAccess: Bool

        package init(at: Date, from: SessionState, to: SessionState, expiresAccess: Bool) {
            (self.at, self.from, self.to, self.expiresAccess) = (at, from, to, expiresAccess)
        }
    }

    /// How far to look ahead, furthest first: the first one with at most ``predictionLimit`` sessions is used. Among a
    /// million sessions one expires every tenth of a second; querying each would keep the database busy.
    package static let lookaheads: [Duration] = [.seconds(60), .seconds(5)]
    package static let predictionLimit = 2500

    /// Predicts the changes up to `horizon`. `sessions` must include every session whose state changes by then.
    package mutating func predict(
        _ sessions: [VisitorSession], after now: Date, until horizon: Date, policy: SessionPolicy
    ) {
        predict(sessions.flatMap { $0.changes(after: now, until: horizon, policy: policy) }, until: horizon)
    }

    /// Sets the predicted changes. `changes` must include all changes up to `horizon`.
    package mutating func predict(_ changes: [Change], until horizon: Date) {
        self.changes = changes.sorted { $0.at < $1.at }
        if !changes.isEmpty { nextChange = horizon }
    }

    /// Applies the predicted changes up to `now`. Returns whether there were any.
    public mutating func advance(to now: Date) -> Bool {
        let past = changes.prefix { $0.at <= now }
        for change in past {
            states[change.from, default: 0] -= 1
            states[change.to, default: 0] += 1
            if change.expiresAccess { expiries.remove(change.at) }
        }
        states = states.filter { $0.value != 0 }
        changes.removeFirst(past.count)
        if past.contains(where: \.expiresAccess) {
            nextExpiry = changes.first(where: \.expiresAccess)?.at
            // The expiry after that isn't known.
            if nextExpiry == nil { nextChange = now }
        }
        return !past.isEmpty
    }
}

extension VisitorSession {
    /// The session's changes after `now`, up to `horizon`, if nothing is written.
    package func changes(after now: Date, until horizon: Date, policy: SessionPolicy) -> [SessionCounts.Change] {
        var changes: [SessionCounts.Change] = []
        var before = now
        while let next = nextStateChange(after: before, policy: policy), next <= horizon {
            // Expiries are whole milliseconds; half a millisecond later, rounding can't affect the state.
            let change = SessionCounts.Change(
                at: next, from: state(at: before, policy: policy),
                to: state(at: next + .microseconds(500), policy: policy),
                expiresAccess: accessExpiry.date == next && discardedAt == nil && damage == nil)
            if change.from != change.to || change.expiresAccess { changes.append(change) }
            before = next + .microseconds(500)
        }
        return changes
    }
}

/// How many access tokens expire in each of a series of equal steps.
public struct ExpiryHistogram: Hashable, Sendable {
    /// A step is 2 to this power milliseconds, so that databases can compute step numbers by shifting.
    package static let stepBits = 14
    public static let step = Duration.milliseconds(1 << stepBits)

    /// How many steps it covers: a little more than four hours.
    package static let steps = 880

    /// The number of expiries in each step. Steps are numbered from 1970; those without expiries are missing.
    public var counts: [Int: Int]

    public init(counts: [Int: Int] = [:]) {
        self.counts = counts
    }

    /// Removes a token that has expired at `date`.
    mutating func remove(_ date: Date) {
        let step = Self.step(of: date)
        counts[step] = counts[step].flatMap { $0 > 1 ? $0 - 1 : nil }
    }

    public static func step(of date: Date) -> Int {
        Int((date.timeIntervalSince1970 * 1000).rounded()) >> stepBits
    }

    public static func start(of step: Int) -> Date {
        Date(timeIntervalSince1970: Double(step << stepBits) / 1000)
    }

    /// The steps to count at `now`: the current one and those after it.
    package static func range(at now: Date) -> Range<Int> {
        let first = step(of: now)
        return first..<first + steps
    }
}
