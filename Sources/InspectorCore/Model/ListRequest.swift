public import VisitorSessions

/// A question for the rows around one place of the list.
public struct ListRequest: Hashable, Sendable {
    public enum Anchor: Hashable, Sendable {
        case first
        case last
        /// Where this session stands now, or stood when it was seen last.
        case session(SessionID, lastSeen: SessionPosition)
    }

    public var serial: Int
    public var filter: SessionFilter
    public var sort: SessionSort
    public var anchor: Anchor

    /// How many rows to load on each side of the anchor.
    public var margin: Int
}

/// The answer to a ``ListRequest``.
public struct LoadedList: Sendable {
    public var serial: Int

    /// What the rows are of.
    public var filter: SessionFilter
    public var sort: SessionSort
    public var anchor: ListRequest.Anchor
    public var rows: [VisitorSession]

    /// The row at which the anchor stands, or would stand.
    public var anchorRow: Int
    public var isAtStart: Bool
    public var isAtEnd: Bool

    /// How many rows were asked for on each side of the anchor.
    public var margin: Int

    public init(
        answering request: ListRequest, rows: [VisitorSession], anchorRow: Int, isAtStart: Bool, isAtEnd: Bool
    ) {
        serial = request.serial
        filter = request.filter
        sort = request.sort
        anchor = request.anchor
        margin = request.margin
        self.rows = rows
        self.anchorRow = anchorRow
        self.isAtStart = isAtStart
        self.isAtEnd = isAtEnd
    }
}
