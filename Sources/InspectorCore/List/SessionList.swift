package import VisitorSessions

import struct Foundation.Date

/// A column of the list. The raw value is its name in the menu and in the remembered view.
package enum ColumnID: String, Sendable, CaseIterable {
    case session, label, visitor, role, state, access, gauge, refresh, renewed, created

    /// The session's ID is always shown.
    static let optional = allCases.filter { $0 != .session }
}

/// A window of rows around the selection, from a store of any size.
///
/// The selection follows its session: when rows move, that session stays selected and keeps its row on the screen.
package struct SessionList: Sendable {
    /// How many screens of rows to load on each side of the selection.
    private static let screens = 4
    /// How long to wait before showing that rows are pending.
    private static let waitDelay: Duration = .milliseconds(150)

    package private(set) var rows: [VisitorSession] = []

    /// How running applications use the loaded sessions.
    private(set) var live: [SessionID: LiveSession] = [:]

    /// Which sessions' tokens are substituted in running applications.
    private(set) var substitutions: [Substitution] = []

    /// The substitutions for a session's tokens, and those by its tokens.
    func substitutions(of session: SessionID) -> [Substitution] {
        substitutions.filter { $0.session == session || $0.target == session }
    }

    package private(set) var isAtStart = true
    package private(set) var isAtEnd = true

    /// `nil`: there are no rows.
    package private(set) var selectedRow: Int?
    /// The first row on the screen.
    package private(set) var top = 0
    /// How many digits tell the IDs of the rows apart.
    private(set) var idDigits = 6

    package var sort = SessionSort()
    package var filterText = ""
    var hiddenColumns: Set<ColumnID> = []
    package internal(set) var marks = Marks()
    var window = ListPosition()

    /// Sessions that have just appeared or changed, and until when they are highlighted.
    private(set) var flashes: [SessionID: Date] = [:]
    private var pendingSelection: VisitorSession?

    /// The filter with which the rows were loaded.
    private(set) var shown = SessionFilter()
    /// Whether an end of the list was requested.
    private var isJumping = false
    /// The filter whose rows are pending, and when the wait for them began.
    private var wait: (filterText: String, since: Date)?
    private var serial = 0
    private var isLoading = false
    private var isStale = false

    package var selected: VisitorSession? {
        selectedRow.map { rows[$0] }
    }

    func isLoaded(_ id: SessionID) -> Bool {
        rows.contains { $0.id == id }
    }

    /// Whether rows for another filter or an end of the list are pending. Until they arrive, keys don't act on the selection.
    var awaitsRows: Bool { isJumping || shown != SessionFilter(filterText) }

    /// When to show that rows are pending. `nil`: none are.
    var waitDue: Date? { wait.map { $0.since + Self.waitDelay } }

    mutating func updateWait(at now: Date) {
        guard awaitsRows else { return wait = nil }
        if wait?.filterText != filterText { wait = (filterText, now) }
    }

    /// The number of marked sessions that aren't loaded.
    var hiddenMarks: Int {
        marks.matching == nil ? marks.count - rows.count { marks.contains($0.id) } : 0
    }

    mutating func selectWhenLoaded(_ session: VisitorSession) { pendingSelection = session }

    // MARK: Loading

    /// Requests rows around the selection, or at an end of the list. While a request is pending, another one around the
    /// selection waits.
    ///
    /// When a person is waiting for the rows, only one screen on each side is requested at first.
    mutating func load(_ anchor: ListRequest.Anchor? = nil, height: Int) -> [Effect] {
        if isLoading, anchor == nil {
            isStale = true
            return []
        }
        // With another filter, other sessions match.
        if marks.matching != nil, marks.matching != filterText { marks.matching = nil }
        serial += 1
        isLoading = true
        isStale = false
        let anchor =
            anchor ?? (pendingSelection ?? selected).map { .session($0.id, lastSeen: $0.position(by: sort.key)) }
            ?? .first
        let filter = SessionFilter(filterText)
        isJumping = anchor == .first || anchor == .last
        let isNew = !window.matches(filter, sort) || isJumping
        return [
            .load(
                ListRequest(
                    serial: serial, filter: filter, sort: sort, anchor: anchor,
                    margin: isNew ? max(height, 10) : margin(height)))
        ]
    }

    private func margin(_ height: Int) -> Int { max(height, 10) * Self.screens }

    /// Shows loaded rows, unless others have been requested since.
    mutating func apply(_ loaded: LoadedList, height: Int, at now: Date) -> [Effect] {
        let request = loaded.request
        guard request.serial == serial else { return [] }
        isLoading = false
        isJumping = false
        shown = request.filter
        updateWait(at: now)
        flash(loaded.rows, at: now)
        let screenRow = (selectedRow ?? top) - top
        let selection = selection(in: loaded)
        window.update(for: loaded, from: rows, at: now)
        rows = loaded.rows
        live = loaded.live
        substitutions = loaded.substitutions
        idDigits = Self.digitsNeeded(rows)
        isAtStart = loaded.isAtStart
        isAtEnd = loaded.isAtEnd
        if rows.isEmpty {
            selectedRow = nil
            top = 0
        } else {
            switch request.anchor {
            case .first: selectedRow = 0
            case .last: selectedRow = rows.count - 1
            case .session(let id, _):
                // The selection may have changed since the request.
                selectedRow =
                    rows.firstIndex { $0.id == selection } ?? rows.firstIndex { $0.id == id }
                    ?? min(loaded.anchorRow, rows.count - 1)
            }
            top = (selectedRow ?? 0) - screenRow
        }
        // A jump to an end moves the selection, so a range follows it. Sorting alone doesn't extend a range.
        if [.first, .last].contains(request.anchor) { extendRange() }
        keepSelectionVisible(height: height)
        let isShort = request.margin < margin(height) && !(isAtStart && isAtEnd)
        return isStale || isShort ? load(height: height) : []
    }

    /// Highlights changed rows, not those that were scrolled into the window.
    private mutating func flash(_ new: [VisitorSession], at now: Date) {
        let versions = Dictionary(rows.map { ($0.id, $0.version) }) { first, _ in first }
        for session in new {
            let isChanged = versions[session.id].map { $0 != session.version } ?? (session.id == pendingSelection?.id)
            // Flashes end on a full second, when the screen is drawn anyway.
            if isChanged {
                flashes[session.id] = Date(timeIntervalSince1970: now.timeIntervalSince1970.rounded(.up) + 1)
            }
        }
    }

    /// Highlights rows whose access token has just expired.
    mutating func flashExpired(after last: Date, until now: Date) {
        for session in rows where session.isInUse {
            guard let expiry = session.accessExpiry.date, expiry > last, expiry <= now else { continue }
            flashes[session.id] = Date(timeIntervalSince1970: now.timeIntervalSince1970.rounded(.up) + 1)
        }
    }

    mutating func expireFlashes(at now: Date) {
        if !flashes.isEmpty { flashes = flashes.filter { $0.value > now } }
    }

    /// The session to select: the pending one if it is loaded, otherwise the selected one. If rows around the pending one
    /// don't include it, it isn't in this list.
    private mutating func selection(in loaded: LoadedList) -> SessionID? {
        if let pendingSelection {
            let isLoaded = loaded.rows.contains { $0.id == pendingSelection.id }
            let wasRequested = if case .session(pendingSelection.id, _) = loaded.request.anchor { true } else { false }
            if isLoaded || wasRequested { self.pendingSelection = nil }
            if isLoaded { return pendingSelection.id }
        }
        return selected?.id
    }

    /// Resets the loading state after a request failed.
    mutating func cancelLoading() {
        isLoading = false
        isJumping = false
        isStale = false
        window.cancel()
    }

    // MARK: The position in the whole list

    /// The selected session's number, from 1, and the number of sessions, if known.
    var position: (number: Int, total: Int)? {
        guard !awaitsRows, let selectedRow, let before = window.before, let total = window.total else { return nil }
        return (before + selectedRow + 1, max(total, before + rows.count))
    }

    var countDue: Date? { rows.isEmpty ? nil : window.due }

    /// Counts the sessions before the selection if that is due.
    mutating func countWhenDue(at now: Date) -> [Effect] {
        guard let due = countDue, due <= now, let selected else { return [] }
        window.begin(at: now)
        return [
            .rank(
                RankRequest(
                    filter: SessionFilter(filterText), sort: sort, session: selected.id,
                    position: selected.position(by: sort.key)))
        ]
    }

    /// Applies a count, unless it is for another list.
    mutating func apply(_ rank: SessionRank, answering request: RankRequest, at now: Date) {
        guard request.filter == SessionFilter(filterText), request.sort == sort else { return }
        window.end(rank, row: rows.firstIndex { $0.id == request.session }, at: now)
    }

    private static func digitsNeeded(_ rows: [VisitorSession]) -> Int {
        let ids = rows.map(\.id).sorted()
        let shared = zip(ids, ids.dropFirst()).map { $0.sharedDigits(with: $1) }.max() ?? 0
        return min(max(shared + 1, 6), 32)
    }

    // MARK: Moving

    /// Moves the selection, and requests more rows near the ends of the window.
    mutating func move(_ motion: Motion, height: Int) -> [Effect] {
        switch motion {
        // If the end is loaded, the selection moves at once, so that the next key acts on it.
        case .first where awaitsRows || !isAtStart: return load(.first, height: height)
        case .last where awaitsRows || !isAtEnd: return load(.last, height: height)
        default: break
        }
        guard let row = selectedRow else { return [] }
        let target = motion.target(from: row, page: height, limit: rows.count - 1)
        selectedRow = target
        extendRange()
        keepSelectionVisible(height: height)
        let isNearEdge =
            (!isAtStart && target < height * 2) || (!isAtEnd && target >= rows.count - height * 2)
        return isNearEdge ? load(height: height) : []
    }

    mutating func select(_ id: SessionID, height: Int) {
        guard let row = rows.firstIndex(where: { $0.id == id }) else { return }
        selectedRow = row
        extendRange()
        keepSelectionVisible(height: height)
    }

    /// Extends the range of marks to the selection, or ends it if its start is no longer loaded.
    private mutating func extendRange() {
        guard let start = marks.rangeStart, let row = selectedRow else { return }
        guard let end = rows.firstIndex(where: { $0.id == start }) else {
            marks.endRange()
            marks.isRangeCut = true
            return
        }
        marks.extendRange(over: rows[min(row, end)...max(row, end)])
    }

    mutating func keepSelectionVisible(height: Int) {
        guard let row = selectedRow else { return }
        let height = max(height, 1)
        top = min(max(top, row - height + 1), row)
        top = max(min(top, rows.count - height), 0)
    }

    // MARK: Marking

    /// The marked sessions, or the selected one. If all matching sessions are marked, only the loaded ones.
    var targets: [VisitorSession] {
        if marks.matching != nil { return rows }
        return marks.isEmpty ? [selected].compactMap(\.self) : marks.ordered(by: sort)
    }

    var markCount: Int { marks.matching == nil ? marks.count : max(window.total ?? 0, rows.count) }

    /// Marks the rows one by one if all of them are loaded.
    mutating func markAll() {
        if isAtStart, isAtEnd, !awaitsRows {
            marks.mark(rows)
        } else {
            marks.clear()
            marks.matching = filterText
        }
    }

    /// The targets of a command. Ends the range, so that rows that the command moves don't join it.
    mutating func commandTargets() -> [VisitorSession] {
        marks.endRange()
        return targets
    }

    mutating func toggleMark() {
        guard let selected else { return }
        if marks.rangeStart == nil { marks.toggle(selected) } else { marks.endRange() }
    }

    // MARK: Sorting

    mutating func sortByNext() {
        let keys = SessionSort.Key.allCases
        sort(by: keys[((keys.firstIndex(of: sort.key) ?? 0) + 1) % keys.count])
    }

    /// Sorts by `key`, or reverses the order if the list is already sorted by it.
    mutating func sort(by key: SessionSort.Key) {
        sort = SessionSort(key, descending: sort.key == key && !sort.descending)
    }
}

extension VisitorSession {
    /// Whether it is neither discarded nor damaged.
    var isInUse: Bool { discardedAt == nil && damage == nil }
}
