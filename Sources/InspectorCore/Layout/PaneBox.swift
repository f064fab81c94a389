import Foundation
import TerminalText
import VisitorSessions

/// A visible pane: its columns, title and text.
struct PaneBox {
    let pane: Focus
    let columns: Range<Int>
    let title: String

    /// Which lines are visible, such as “ 1–9 of 24 ”. Empty: all of them.
    let position: String
    let lines: [StyledLine]

    /// How many lines are above the first visible one.
    let scroll: Int

    /// The selected line. `nil`: the pane has none.
    var cursor: Int?

    /// The column after the title and the position.
    var titleEnd: Int {
        let end = columns.lowerBound + 2 + DisplayWidth.of(TextSanitizer.line(title))
        return position.isEmpty ? end : end + 1 + DisplayWidth.of(position)
    }
}

extension Model {
    var paneBoxes: [PaneBox] {
        let height = layout.paneHeight - 1
        return shownPanes.map { pane, columns in
            let lines = paneLines(of: pane)
            let scroll = min(panes.scroll[pane, default: 0], max(lines.count - height, 0))
            let isCut = lines.count > height
            let cursor = eventRows(of: pane) == nil ? nil : panes.cursor(in: pane, count: lines.count)
            return PaneBox(
                pane: pane, columns: columns, title: " \(paneTitle(of: pane)) ",
                position: isCut ? " \(scroll + 1)–\(min(scroll + height, lines.count)) of \(lines.count) " : "",
                lines: lines, scroll: scroll, cursor: cursor)
        }
    }

    /// The hidden panes that Tab can reach, as tabs to the right of the titles. Empty if they don't fit.
    func paneTabs(beside boxes: [PaneBox]) -> [(pane: Focus, title: String, columns: Range<Int>)] {
        let hidden = [Focus.details, .history, .requests, .log].filter { pane in !boxes.contains { $0.pane == pane } }
        var column = size.width - hidden.reduce(1) { $0 + $1.rawValue.count + 2 }
        guard let end = boxes.last?.titleEnd, column > end else { return [] }
        return hidden.map { pane in
            let title = " \(pane.rawValue) "
            defer { column += title.count }
            return (pane, title, column..<column + title.count)
        }
    }

    func paneLines(of pane: Focus) -> [StyledLine] {
        switch pane {
        case .details: DetailsLines.lines(self, width: textWidth(of: pane))
        case .requests: RequestLines.lines(self, width: textWidth(of: pane))
        default: (eventRows(of: pane) ?? []).map(\.line)
        }
    }

    /// `nil`: the pane doesn't show events.
    func eventRows(of pane: Focus) -> [EventRow]? {
        switch pane {
        case .history: HistoryLines.lines(self, width: textWidth(of: pane))
        case .log: LogLines.lines(self, width: textWidth(of: pane))
        default: nil
        }
    }

    /// The event in the selected line of the focused pane.
    var selectedEvent: EventLog.Line? {
        guard let rows = eventRows(of: panes.focus), !rows.isEmpty else { return nil }
        return rows[panes.cursor(in: panes.focus, count: rows.count)].event
    }

    private func textWidth(of pane: Focus) -> Int {
        (shownPanes.first { $0.pane == pane }?.columns.count ?? size.width) - 3
    }

    /// The maximum scroll position of the focused pane.
    var scrollLimit: Int { max(paneLines(of: panes.focus).count - max(layout.paneHeight - 1, 1), 0) }

    /// The maximum width of the details. The history gets the rest.
    private static let widestDetails = 96

    private var shownPanes: [(pane: Focus, columns: Range<Int>)] {
        let width = size.width
        guard panes.open == .session else { return [(panes.open == .requests ? .requests : .log, 0..<width)] }
        // On a wide screen the history is beside the details. Revealed tokens are long and get all the room.
        if width < 100 || panes.isZoomed || panes.reveal != nil {
            return [(panes.focus == .history ? .history : .details, 0..<width)]
        }
        let edge = min(width * 3 / 5, Self.widestDetails)
        return [(.details, 0..<edge), (.history, edge..<width)]
    }

    private func paneTitle(of pane: Focus) -> String {
        if pane == .details, let reveal = panes.reveal {
            let left = max(Int(reveal.until.timeIntervalSince(now).rounded(.up)), 0)
            return "\(pane.rawValue) · \(InspectorTexts.revealed(left, hide: key(.reveal)))"
        }
        if let filter = panes.filters[pane], !filter.isEmpty {
            return "\(pane.rawValue) / \(InspectorTexts.filtered(filter, back: key(.back)))"
        }
        if [.details, .history].contains(pane), pane == panes.focus, !panes.search.isEmpty {
            let search = InspectorTexts.searched(
                panes.search, next: key(.nextMatch), previous: key(.previousMatch), back: key(.back))
            return "\(pane.rawValue) / \(search)"
        }
        return pane.rawValue
    }
}
