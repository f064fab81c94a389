public import VisitorSessions

/// The marked sessions, by ID: they stay marked wherever the order puts them, on the screen or not.
public struct Marks: Sendable {
    /// As they were when they were marked.
    private var sessions: [SessionID: VisitorSession] = [:]

    /// Those of the range that is being marked, and the session that it began at.
    private var range: [SessionID: VisitorSession] = [:]
    public private(set) var rangeStart: SessionID?

    /// Whether the range has ended because its start is too far away, and nobody has been told.
    var isRangeCut = false

    public var isEmpty: Bool { sessions.isEmpty && range.isEmpty }
    public var count: Int { all.count }

    /// How many the range holds by now.
    var rangeCount: Int { range.count }

    public func contains(_ id: SessionID) -> Bool {
        sessions[id] != nil || range[id] != nil
    }

    /// In the order of a list.
    func ordered(by sort: SessionSort) -> [VisitorSession] {
        all.values.sorted {
            let (left, right) = ($0.position(by: sort.key), $1.position(by: sort.key))
            return sort.descending ? left > right : left < right
        }
    }

    mutating func toggle(_ session: VisitorSession) {
        endRange()
        if sessions.removeValue(forKey: session.id) == nil { sessions[session.id] = session }
    }

    mutating func beginRange(at session: VisitorSession) {
        rangeStart = session.id
        range = [session.id: session]
    }

    /// The range is what stands between its start and the selection now.
    mutating func stretchRange(over rows: ArraySlice<VisitorSession>) {
        range = Dictionary(rows.map { ($0.id, $0) }) { first, _ in first }
    }

    /// Keeps what the range holds.
    mutating func endRange() {
        sessions = all
        dropRange()
    }

    mutating func dropRange() {
        range = [:]
        rangeStart = nil
    }

    mutating func clear() {
        sessions = [:]
        dropRange()
    }

    private var all: [SessionID: VisitorSession] {
        sessions.merging(range) { $1 }
    }
}
