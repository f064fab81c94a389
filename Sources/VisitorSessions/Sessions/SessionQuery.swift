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
