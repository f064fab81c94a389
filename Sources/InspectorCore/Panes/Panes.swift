import Foundation
package import VisitorSessions

/// What is open below the list, and which pane has the focus.
package struct Panes: Sendable {
    package enum Kind: String, Sendable {
        /// The details and the history of one session.
        case session
        /// The requests of one session's running application.
        case requests
        case log
    }

    /// A scroll position past the last line, so that the pane stays at the end when lines are added.
    private static let end = 1_000_000

    package internal(set) var open: Kind?
    package internal(set) var focus = Focus.list

    /// Whether the focused pane fills the screen.
    package internal(set) var isZoomed = false

    package private(set) var sessionID: SessionID?
    package private(set) var content: SessionDetails?
    private(set) var reveal: Reveal?

    /// The details before the session's tokens were replaced. `nil`: they haven't been replaced since it was opened.
    private(set) var previous: SessionDetails?

    /// The paths of folded objects in the claims. Each path starts with the token's title.
    var folded: Set<[String]> = []

    /// The number of lines above the first visible one.
    private(set) var scroll: [Focus: Int] = [:]

    /// The selected line of the panes that show events.
    private var cursor: [Focus: Int] = [:]

    /// The search in the details and the history, and the line of its last match.
    var search = ""
    private(set) var match: Int?

    /// The filters of the panes that show only matching lines: the requests and the log.
    private(set) var filters: [Focus: String] = [:]

    // MARK: Opening

    mutating func show(_ pane: Focus) {
        focus = pane
        match = nil
        switch pane {
        case .details, .history: open = .session
        case .requests: open = .requests
        case .log: open = .log
        default: break
        }
    }

    mutating func close() {
        open = nil
        focus = .list
        isZoomed = false
        sessionID = nil
        content = nil
    }

    mutating func toggleDetails(of selected: VisitorSession?) -> [Effect] {
        guard open != .session else {
            close()
            reveal = nil
            return []
        }
        isZoomed = false
        open = .session
        focus = .list
        return follow(selected)
    }

    mutating func toggleLog() {
        if open == .log {
            close()
        } else {
            show(.log)
            goToEnd()
        }
    }

    mutating func toggleRequests(of selected: VisitorSession?) -> [Effect] {
        guard open != .requests else {
            close()
            return []
        }
        show(.requests)
        scroll[.requests] = 0
        return follow(selected)
    }

    mutating func cycle(by offset: Int, selected: VisitorSession?) -> [Effect] {
        guard selected != nil else {
            // Without a session, only the list and the log exist.
            if focus == .list { toggleLog() } else { focus = .list }
            return []
        }
        let order: [Focus] = [.list, .details, .history, .requests, .log]
        show(order[((order.firstIndex(of: focus) ?? 0) + offset + order.count) % order.count])
        return follow(selected)
    }

    /// Shows the details or the requests of the selected session, if they are open.
    mutating func follow(_ selected: VisitorSession?) -> [Effect] {
        guard open == .session || open == .requests else { return [] }
        guard let selected else {
            close()
            return []
        }
        guard selected.id != sessionID else {
            return open == .requests && content?.requests == nil ? refresh() : []
        }
        reveal = nil
        sessionID = selected.id
        content = nil
        previous = nil
        scroll[.details] = 0
        scroll[.history] = 0
        cursor[.history] = 0
        scroll[.requests] = 0
        match = nil
        return refresh()
    }

    /// Reads the session again.
    func refresh() -> [Effect] {
        sessionID.map { [.open($0, withRequests: open == .requests)] } ?? []
    }

    /// Shows a session, unless another one or a newer version is shown by now.
    mutating func show(_ details: SessionDetails) {
        guard sessionID == details.session.id else { return }
        guard details.session.version >= content?.session.version ?? 0 else { return }
        if let content, content.access?.claims != details.access?.claims { previous = content }
        let requests = content?.requests
        content = details
        content?.requests = details.requests ?? requests
    }

    // MARK: Folding

    mutating func toggleFold(of node: [String]) { folded.formSymmetricDifference([node]) }

    /// Folds the innermost open objects of the claims, or unfolds the outermost folded ones.
    mutating func fold(_ isFolding: Bool, _ nodes: Set<[String]>) {
        let visible = nodes.filter { node in
            !(1..<max(node.count, 1)).contains { folded.contains(Array(node.prefix($0))) }
        }
        let candidates = visible.filter { folded.contains($0) != isFolding }
        let depth = isFolding ? candidates.map(\.count).max() : candidates.map(\.count).min()
        for node in candidates where node.count == depth { toggleFold(of: node) }
        // The lines move.
        match = nil
    }

    // MARK: Revealing

    mutating func toggleReveal(of selected: VisitorSession?) -> [Effect] {
        guard reveal == nil, let selected else {
            reveal = nil
            return []
        }
        if focus == .history { show(.details) }
        return (open == .session ? [] : toggleDetails(of: selected)) + [.reveal(selected.id)]
    }

    /// Reveals tokens if the details still show their session.
    mutating func show(_ tokens: Tokens, of id: SessionID, at now: Date) {
        guard open == .session, sessionID == id else { return }
        scroll[.details] = 0
        reveal = Reveal(session: id, tokens: tokens, until: now + Reveal.duration)
    }

    /// Hides revealed tokens; if `now` is given, only if their time is up. Returns whether any were hidden.
    mutating func hideTokens(at now: Date? = nil) -> Bool {
        guard let reveal, now.map({ reveal.until <= $0 }) ?? true else { return false }
        self.reveal = nil
        return true
    }

    // MARK: Scrolling and searching

    /// - Parameter limit: The maximum scroll position.
    mutating func scroll(_ motion: Motion, page: Int, limit: Int) {
        scroll[focus] = motion.target(from: min(scroll[focus, default: 0], limit), page: page, limit: limit)
    }

    /// Moves the selected line of a pane that shows events, and keeps it visible.
    mutating func moveCursor(_ motion: Motion, page: Int, count: Int) {
        let last = max(count - 1, 0)
        let line = motion.target(from: cursor(in: focus, count: count), page: page, limit: last)
        if focus == .log, line == last { return goToEnd() }
        let top = min(scroll[focus, default: 0], max(count - page, 0))
        cursor[focus] = line
        scroll[focus] = min(max(top, line - page + 1), line)
    }

    func cursor(in pane: Focus, count: Int) -> Int { min(cursor[pane, default: 0], max(count - 1, 0)) }

    /// Goes to the end of the log. There, it follows new lines.
    private mutating func goToEnd() {
        cursor[.log] = Self.end
        scroll[.log] = Self.end
    }

    /// Filters the open pane: only lines that contain all words of `text` are shown.
    mutating func setFilter(_ text: String) {
        guard let pane = filteredPane else { return }
        filters[pane] = text
        if pane == .log { goToEnd() } else { scroll[pane] = 0 }
    }

    /// The open pane, if it can be filtered.
    private var filteredPane: Focus? {
        switch open {
        case .log: .log
        case .requests: .requests
        case .session, nil: nil
        }
    }

    /// The filter of the open pane.
    var filter: String { filteredPane.flatMap { filters[$0] } ?? "" }

    /// Scrolls to the next match, wrapping around. Returns `false` if there is none.
    mutating func goToMatch(_ step: Int, in lines: [String], limit: Int) -> Bool {
        let matches = matches(in: lines)
        let line = (match ?? scroll[focus, default: 0]) + step
        let next = step > 0 ? matches.first { $0 >= line } : matches.last { $0 <= line }
        return goToMatch(next ?? (step > 0 ? matches.first : matches.last), limit: limit)
    }

    /// Searches from the first visible line.
    mutating func search(for text: String, in lines: [String], limit: Int) {
        search = text
        match = nil
        let top = scroll[focus, default: 0]
        _ = goToMatch(matches(in: lines).first { $0 >= top }, limit: limit)
    }

    private func matches(in lines: [String]) -> [Int] {
        let word = search.lowercased()
        return word.isEmpty ? [] : lines.indices.filter { lines[$0].lowercased().contains(word) }
    }

    private mutating func goToMatch(_ line: Int?, limit: Int) -> Bool {
        guard let line else { return false }
        match = line
        cursor[focus] = line
        scroll[focus] = min(line, limit)
        return true
    }
}

/// Tokens shown in plain text for a short time.
package struct Reveal: Sendable {
    static let duration: Duration = .seconds(10)

    var session: SessionID
    var tokens: Tokens
    var until: Date
}
