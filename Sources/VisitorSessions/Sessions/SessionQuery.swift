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
