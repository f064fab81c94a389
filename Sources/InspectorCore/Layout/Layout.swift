import Foundation
import VisitorSessions

/// Where the parts of the screen are.
package struct Layout: Hashable, Sendable {
    /// The smallest screen that the inspector draws on.
    static let smallest = Size(width: 40, height: 10)

    private static let footerRows = 2

    let size: Size
    let showsTimeline: Bool

    /// Whether the timeline has an axis.
    let showsAxis: Bool

    /// How many rows the list has, without the column titles. 0: the list is hidden.
    package let listHeight: Int

    /// How many rows the panes below the list have, including their titles. 0: they are hidden.
    let paneHeight: Int

    init(size: Size, panes: Panes) {
        self.size = size
        showsTimeline = size.height >= 20
        showsAxis = size.height >= 30
        titleRow = showsAxis ? 4 : showsTimeline ? 3 : 2
        let room = size.height - titleRow - Self.footerRows
        switch (panes.open, panes.isZoomed, panes.focus) {
        case (nil, _, _), (_, true, .list): paneHeight = 0
        case (_, true, _): paneHeight = room
        default: paneHeight = max(min(max(room * 3 / 5, 5), room - 3), 0)
        }
        listHeight = max(room - paneHeight - 1, 0)
    }

    var isTooSmall: Bool { size.width < Self.smallest.width || size.height < Self.smallest.height }

    let titleRow: Int
    var listTop: Int { titleRow + 1 }
    var paneTop: Int { messageRow - paneHeight }
    var paneRows: Range<Int> { paneTop..<messageRow }
    var messageRow: Int { size.height - 2 }
    var keyRow: Int { size.height - 1 }

    /// The width of text in a popup.
    var popupWidth: Int { max(size.width - 4, 10) }

    /// How many lines Page Down scrolls in a popup.
    var popupPage: Int { max(size.height - 6, 1) }
}

extension Model {
    package var layout: Layout { Layout(size: size, panes: panes) }

    /// The list's rows that are on the screen. A long message mustn't cover the selected row.
    var visibleRows: Range<Int> {
        var top = list.top
        if layout.paneHeight == 0, let row = list.selectedRow {
            top = max(top, row - layout.listHeight + 1 + messageRowsCovered)
        }
        return list.rows.indices.dropFirst(top).prefix(layout.listHeight)
    }

    /// How many rows above the message row a long message covers.
    private var messageRowsCovered: Int {
        guard let text = status.toast?.text ?? (prompt == nil ? status.storeProblem : nil) else { return 0 }
        return messageLines(text).count - (prompt == nil ? 1 : 0)
    }

    /// A message, wrapped into four lines at most.
    func messageLines(_ text: String, style: Style = .plain) -> [StyledLine] {
        StyledLine.wrapped(text, width: size.width - 4, style: style, lines: 4)
    }

    /// Whether the screen shows that rows are pending.
    var showsWait: Bool { status.storeProblem == nil && list.waitDue.map { $0 <= now } == true }

    /// Whether anything on the screen counts seconds.
    var showsSeconds: Bool {
        let isNear = overview.counts.nextExpiry.map { $0.timeIntervalSince(displayTime) < 3600 } == true
        if isNear || overview.counts.budgetUsedUntil.map({ $0 > displayTime }) == true { return true }
        if let retryAt = panes.content?.session.retryAt, (0..<3601).contains(retryAt.timeIntervalSince(displayTime)) {
            return true
        }
        guard times == .relative else { return false }
        let visible = list.rows.dropFirst(list.top).prefix(layout.listHeight)
        return visible.contains { $0.countsSeconds(at: displayTime) }
            || panes.content?.session.countsSeconds(at: displayTime) == true
    }
}

extension VisitorSession {
    fileprivate func countsSeconds(at now: Date) -> Bool {
        [accessExpiry.date, refreshExpiry.date].contains { date in
            // Times that have just passed count seconds, too.
            date.map { (-60..<3601).contains($0.timeIntervalSince(now)) } ?? false
        } || [renewedAt, createdAt].contains { $0.map { now.timeIntervalSince($0) < 60 } ?? false }
    }
}
