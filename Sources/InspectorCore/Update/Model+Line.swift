import TerminalText
import VisitorSessions

/// The filter of the list and the log, and the search in the other panes: one line at the bottom of the screen.
extension Model {
    mutating func openLine() -> [Effect] {
        line = TextField(lineText)
        return []
    }

    /// What the line of the pane with the focus holds.
    private var lineText: String {
        switch panes.focus {
        case .log: panes.logFilter
        case .details, .history: panes.search
        default: list.filterText
        }
    }

    mutating func press(_ key: Key, in line: TextField) -> [Effect] {
        var line = line
        guard line.edit(key) else { return deny(key) }
        return take(line)
    }

    /// Applies the line as it is by now.
    mutating func take(_ field: TextField) -> [Effect] {
        line = field
        // A token is neither shown nor kept: its session is looked for once it is complete.
        let text = Quotation.mayHoldToken(field.text) ? "" : field.text
        guard lineText != text else { return [] }
        switch panes.focus {
        case .log:
            panes.logFilter = text
            panes.scroll[.log] = Panes.end
        case .details, .history:
            panes.search = text
            panes.match = nil
            scrollToMatch(from: panes.scroll[panes.focus, default: 0], 1)
        default:
            list.filterText = text
            return list.load(.first, height: layout.listHeight)
        }
        return []
    }

    mutating func acceptLine() -> [Effect] {
        defer { line = nil }
        guard let text = line?.text, Quotation.mayHoldToken(text) else { return [] }
        return findHolder(of: text)
    }

    /// Looks for the session that holds a token.
    mutating func findHolder(of text: String) -> [Effect] {
        dropLine() + [.findHolder(of: Secret(text))]
    }

    /// Shows the session that holds a token, or held it before.
    mutating func showHolder(among sessions: [VisitorSession], isNow: Bool) -> [Effect] {
        guard let session = sessions.first(where: { $0.discardedAt == nil }) ?? sessions.first else {
            say(.hint, "No session holds this token.\(isReadOnly ? "" : " \(key(.setNew)) stores it as a new one.")")
            return []
        }
        panes.focus = .list
        list.filterText = (session.discardedAt == nil ? "" : "state:discarded ") + session.id.prefix(8)
        say(.done, "\(session.shortName) \(isNow ? "holds this token" : "held this token until it was replaced").")
        return list.load(.first, height: layout.listHeight)
    }

    /// Esc: the line is gone, and with it what it held.
    mutating func dropLine() -> [Effect] {
        defer { line = nil }
        return take(TextField())
    }

    // MARK: Searching

    mutating func goToMatch(_ step: Int) -> [Effect] {
        let from = (panes.match ?? panes.scroll[panes.focus, default: 0]) + step
        if !scrollToMatch(from: from, step), !scrollToMatch(from: step > 0 ? 0 : .max, step) {
            say(.hint, "Nothing here holds “\(TextSanitizer.line(panes.search))”.")
        }
        return []
    }

    /// Scrolls to the first line from `place` on that holds what is searched for.
    @discardableResult
    private mutating func scrollToMatch(from place: Int, _ step: Int) -> Bool {
        let word = panes.search.lowercased()
        guard !word.isEmpty else { return false }
        let lines = PaneView.lines(of: panes.focus, self).map { $0.text.lowercased() }
        let order = step > 0 ? Array(lines.indices) : lines.indices.reversed()
        let isAhead = { (line: Int) in step > 0 ? line >= place : line <= place }
        guard let found = order.first(where: { isAhead($0) && lines[$0].contains(word) }) else { return false }
        panes.match = found
        panes.scroll[panes.focus] = min(found, PaneView.scrollLimit(of: panes.focus, self))
        return true
    }
}
