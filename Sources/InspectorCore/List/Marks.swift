package import VisitorSessions

/// The marked sessions, loaded or not.
package struct Marks: Sendable {
    /// The sessions that were marked one by one or in finished ranges, as they were at that time.
    private var sessions: [SessionID: VisitorSession] = [:]

    /// The range being marked.
    private var range: [SessionID: VisitorSession] = [:]
    package private(set) var rangeStart: SessionID?

    /// The list's filter, if all sessions that match it are marked. They needn't be loaded.
    package internal(set) var matching: String?

    /// Whether a range ended because its start was unloaded. Reset when it is reported.
    var isRangeCut = false

    package var isEmpty: Bool { sessions.isEmpty && range.isEmpty && matching == nil }
    package var count: Int { all.count }
    var rangeCount: Int { range.count }

    package func contains(_ id: SessionID) -> Bool { matching != nil || sessions[id] != nil || range[id] != nil }

    func ordered(by sort: SessionSort) -> [VisitorSession] {
        all.values.sorted {
            let (left, right) = ($0.position(by: sort.key), $1.position(by: sort.key))
            return sort.descending ? left > right : left < right
        }
    }

    mutating func mark(_ rows: [VisitorSession]) {
        endRange()
        for session in rows { sessions[session.id] = session }
    }

    mutating func toggle(_ session: VisitorSession) {
        guard matching == nil else { return clear() }
        endRange()
        if sessions.removeValue(forKey: session.id) == nil { sessions[session.id] = session }
    }

    mutating func startRange(at session: VisitorSession) {
        matching = nil
        rangeStart = session.id
        range = [session.id: session]
    }

    mutating func extendRange(over rows: ArraySlice<VisitorSession>) {
        range = Dictionary(rows.map { ($0.id, $0) }) { first, _ in first }
    }

    /// Ends the range and keeps its marks.
    mutating func endRange() {
        sessions = all
        cancelRange()
    }

    mutating func cancelRange() {
        range = [:]
        rangeStart = nil
    }

    mutating func clear() {
        sessions = [:]
        matching = nil
        cancelRange()
    }

    private var all: [SessionID: VisitorSession] {
        sessions.merging(range) { $1 }
    }
}
