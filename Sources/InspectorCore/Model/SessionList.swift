public import VisitorSessions

import struct Foundation.Date

/// The list: a window of rows around the selection, out of a store of any size.
///
/// The selection is a session, never a row number: when the order changes, it stays with its session, and its
/// session stays where it is on the screen.
public struct SessionList: Sendable {
    /// Consecutive sessions in the order of the list.
    public private(set) var rows: [VisitorSession] = []
    public private(set) var isAtStart = true
    public private(set) var isAtEnd = true

    /// The selected session's row. `nil`: there are no rows.
    public private(set) var selectedRow: Int?

    /// The first row on the screen.
    public private(set) var top = 0

    /// How many digits tell the loaded sessions apart: six nearly always.
    private(set) var idDigits = 6

    public var sort = SessionSort()
    public var filterText = ""

    public internal(set) var marks = Marks()

    /// Where the rows stand in the whole list.
    var place = ListPlace()

    /// Sessions that came or changed just now, and until when that is shown.
    private(set) var flashes: [SessionID: Date] = [:]

    /// A session to select as soon as it is loaded.
    private var wanted: VisitorSession?

    /// How many screens of rows are kept on each side of the selection.
    private static let screens = 4

    /// Whoever waits longer than this for other rows is told.
    private static let patience: Duration = .milliseconds(150)

    /// What the rows are filtered by.
    private(set) var shown = SessionFilter()

    /// Whether an end of the list was asked for.
    private var isJumping = false

    /// Since when other rows are awaited, and with which filter.
    private var awaited: (filterText: String, since: Date)?

    private var serial = 0
    private var isLoading = false
    private var isStale = false

    public init() {}

    public var selected: VisitorSession? {
        selectedRow.map { rows[$0] }
    }

    /// Whether the session is among the rows around the selection: others are far away, or a filter hides them.
    func isLoaded(_ id: SessionID) -> Bool {
        rows.contains { $0.id == id }
    }

    /// Whether other rows than these are awaited, of another filter or an end of the list. What is selected until then is not
    /// what a key is pressed for.
    var awaitsOthers: Bool { isJumping || shown != SessionFilter(filterText) }

    /// When to say that other rows are awaited. `nil`: none are.
    var waitDue: Date? { awaited.map { $0.since + Self.patience } }

    /// Whoever types does not wait yet.
    mutating func noteWait(at now: Date) {
        guard awaitsOthers else { return awaited = nil }
        if awaited?.filterText != filterText { awaited = (filterText, now) }
    }

    /// How many sessions are marked that are not among them.
    var hiddenMarks: Int {
        marks.count - rows.count { marks.contains($0.id) }
    }

    /// Moves to a session that may not be loaded yet, with the next answer.
    mutating func follow(_ session: VisitorSession) {
        wanted = session
    }

    // MARK: Loading

    /// Asks for the window around the selection, or around an end of the list. While an answer is awaited,
    /// only the last question is remembered.
    ///
    /// Where somebody waits for rows that are not there, a screen full of them on each side comes first.
    mutating func load(_ anchor: ListRequest.Anchor? = nil, height: Int) -> [Effect] {
        if isLoading, anchor == nil {
            isStale = true
            return []
        }
        serial += 1
        isLoading = true
        isStale = false
        let anchor =
            anchor ?? (wanted ?? selected).map { .session($0.id, lastSeen: $0.position(by: sort.key)) } ?? .first
        let filter = SessionFilter(filterText)
        isJumping = anchor == .first || anchor == .last
        let isNew = !place.isOf(filter, sort) || isJumping
        return [
            .load(
                ListRequest(
                    serial: serial, filter: filter, sort: sort, anchor: anchor,
                    margin: isNew ? max(height, 10) : margin(height)))
        ]
    }

    private func margin(_ height: Int) -> Int { max(height, 10) * Self.screens }

    /// Takes the answer, unless a later question was asked since.
    mutating func take(_ loaded: LoadedList, height: Int, at now: Date) -> [Effect] {
        guard loaded.serial == serial else { return [] }
        isLoading = false
        isJumping = false
        shown = loaded.filter
        noteWait(at: now)
        flash(loaded.rows, at: now)
        let screenRow = (selectedRow ?? top) - top
        let selection = selection(in: loaded)
        place.follow(loaded, from: rows, at: now)
        rows = loaded.rows
        idDigits = Self.digitsNeeded(rows)
        isAtStart = loaded.isAtStart
        isAtEnd = loaded.isAtEnd
        if rows.isEmpty {
            selectedRow = nil
            top = 0
        } else {
            switch loaded.anchor {
            case .first: selectedRow = 0
            case .last: selectedRow = rows.count - 1
            case .session(let id, _):
                // Moved on since it was asked: the present selection goes before the asked one.
                selectedRow =
                    rows.firstIndex { $0.id == selection } ?? rows.firstIndex { $0.id == id }
                    ?? min(loaded.anchorRow, rows.count - 1)
            }
            top = (selectedRow ?? 0) - screenRow
        }
        // A jump to an end moves the selection, as any move does. Another order alone marks nothing.
        if [.first, .last].contains(loaded.anchor) { stretchRange() }
        keepSelectionVisible(height: height)
        let isShort = loaded.margin < margin(height) && !(isAtStart && isAtEnd)
        return isStale || isShort ? load(height: height) : []
    }

    /// Notes what is different from the rows before. What was only scrolled to is not.
    private mutating func flash(_ new: [VisitorSession], at now: Date) {
        let versions = Dictionary(rows.map { ($0.id, $0.version) }) { first, _ in first }
        for session in new {
            let isChanged = versions[session.id].map { $0 != session.version } ?? (session.id == wanted?.id)
            // To the end of a second, when the screen is drawn anyway.
            if isChanged {
                flashes[session.id] = Date(timeIntervalSince1970: now.timeIntervalSince1970.rounded(.up) + 1)
            }
        }
    }

    mutating func fadeFlashes(at now: Date) {
        if !flashes.isEmpty { flashes = flashes.filter { $0.value > now } }
    }

    /// The session to select: the wanted one as soon as it is there, else the one that is selected. An answer
    /// that was asked for it, and does not have it, ends the wait: it is not in this list.
    private mutating func selection(in loaded: LoadedList) -> SessionID? {
        if let wanted {
            let isThere = loaded.rows.contains { $0.id == wanted.id }
            let wasAskedFor = if case .session(wanted.id, _) = loaded.anchor { true } else { false }
            if isThere || wasAskedFor { self.wanted = nil }
            if isThere { return wanted.id }
        }
        return selected?.id
    }

    /// The question failed: the rows stay as they are.
    mutating func giveUpLoading() {
        isLoading = false
        isJumping = false
        isStale = false
        place.giveUp()
    }

    // MARK: The place in the whole list

    /// The number of the selected session and of all, from 1, where both are known.
    var position: (number: Int, total: Int)? {
        guard !awaitsOthers, let selectedRow, let before = place.before, let total = place.total else { return nil }
        return (before + selectedRow + 1, max(total, before + rows.count))
    }

    /// When to ask where the selected session stands. `nil`: there is nothing to ask.
    var placeDue: Date? { rows.isEmpty ? nil : place.due }

    /// Asks where the selected session stands, where that is not known or may have changed.
    mutating func countPlace(at now: Date) -> [Effect] {
        guard let due = placeDue, due <= now, let selected else { return [] }
        place.begin(at: now)
        return [
            .rank(
                RankRequest(
                    filter: SessionFilter(filterText), sort: sort, session: selected.id,
                    position: selected.position(by: sort.key)))
        ]
    }

    /// Takes the answer, unless the list is another one by now.
    mutating func take(_ rank: SessionRank, answering request: RankRequest, at now: Date) {
        guard request.filter == SessionFilter(filterText), request.sort == sort else { return }
        place.end(rank, row: rows.firstIndex { $0.id == request.session }, at: now)
    }

    private static func digitsNeeded(_ rows: [VisitorSession]) -> Int {
        let ids = rows.map(\.id).sorted()
        let shared = zip(ids, ids.dropFirst()).map { $0.sharedDigits(with: $1) }.max() ?? 0
        return min(max(shared + 1, 6), 32)
    }

    // MARK: Moving

    /// Moves the selection, and asks for more rows where it comes near the end of the window.
    mutating func move(by offset: Int, height: Int) -> [Effect] {
        guard let row = selectedRow else { return [] }
        let target = min(max(row + offset, 0), rows.count - 1)
        selectedRow = target
        stretchRange()
        keepSelectionVisible(height: height)
        let isNearEdge =
            (!isAtStart && target < height * 2) || (!isAtEnd && target >= rows.count - height * 2)
        return isNearEdge ? load(height: height) : []
    }

    mutating func select(_ id: SessionID, height: Int) {
        guard let row = rows.firstIndex(where: { $0.id == id }) else { return }
        selectedRow = row
        stretchRange()
        keepSelectionVisible(height: height)
    }

    /// The marks of a range follow the selection, as long as both of its ends are near.
    private mutating func stretchRange() {
        guard let start = marks.rangeStart, let row = selectedRow else { return }
        guard let end = rows.firstIndex(where: { $0.id == start }) else {
            marks.endRange()
            marks.isRangeCut = true
            return
        }
        marks.stretchRange(over: rows[min(row, end)...max(row, end)])
    }

    mutating func keepSelectionVisible(height: Int) {
        guard let row = selectedRow else { return }
        let height = max(height, 1)
        top = min(max(top, row - height + 1), row)
        top = max(min(top, rows.count - height), 0)
    }
}
