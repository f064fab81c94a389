public import struct Foundation.Date

/// A question for a part of a list: which sessions, in which order, from where, and how many.
public struct SessionQuery: Hashable, Sendable {
    /// Where in the order a page begins. A page is always in the order of the list, whichever way it is read.
    public enum Start: Hashable, Sendable {
        /// The first sessions.
        case first
        /// The last sessions.
        case last
        /// The sessions behind this position, the nearest of them.
        case after(SessionPosition)
        /// The sessions at this position and behind it.
        case from(SessionPosition)
        /// The sessions before this position, the nearest of them.
        case before(SessionPosition)
    }

    public var filter: SessionFilter
    public var sort: SessionSort
    public var start: Start
    public var limit: Int

    /// The time, on the issuer's clock, and the policy by which states are judged.
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

/// The order of a list. Sessions with equal values stand in the order of their IDs, so every order is total.
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

    /// Whether `left` comes earlier in the list than `right`.
    public func isBefore(_ left: SessionPosition, _ right: SessionPosition) -> Bool {
        descending ? left > right : left < right
    }
}

/// A place in a sorted list: the sorted value and the ID of a session that stands, or stood, there.
public struct SessionPosition: Hashable, Sendable {
    public enum Value: Hashable, Sendable {
        case expiry(TokenExpiry)
        /// `nil` (never) comes first.
        case time(Date?)
        /// Compared by its bytes in UTF-8, as the stores do.
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
    /// Where the session stands in a list that is sorted by `key`.
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
        default: false  // Values of two keys are never in one list.
        }
    }
}

/// Where a place of a list stands in all of it.
public struct SessionRank: Hashable, Sendable {
    /// How many sessions stand before it.
    public var before: Int

    /// How many sessions the list has.
    public var total: Int

    public init(before: Int, total: Int) {
        self.before = before
        self.total = total
    }
}
