/// Where things stand on a screen of one size.
struct Layout: Hashable {
    /// The smallest screen that the inspector is drawn on.
    static let smallest = Size(width: 40, height: 10)

    private static let footerRows = 2

    let size: Size

    /// Whether the row of the next hours is shown.
    let showsTimeline: Bool

    /// The rows of the list without its titles, and of the panes below with theirs; 0: not shown.
    let listHeight: Int
    let paneHeight: Int

    init(size: Size, panes: Panes) {
        self.size = size
        showsTimeline = size.height >= 20
        let room = size.height - (showsTimeline ? 3 : 2) - Self.footerRows
        switch (panes.open, panes.isZoomed, panes.focus) {
        case (nil, _, _), (_, true, .list): paneHeight = 0
        case (_, true, _): paneHeight = room
        default: paneHeight = max(min(max(room * 3 / 5, 5), room - 3), 0)
        }
        listHeight = max(room - paneHeight - 1, 0)
    }

    var isTooSmall: Bool {
        size.width < Self.smallest.width || size.height < Self.smallest.height
    }

    /// The row of the list's titles, where the list is shown.
    var titleRow: Int { showsTimeline ? 3 : 2 }
    var listTop: Int { titleRow + 1 }
    var paneTop: Int { messageRow - paneHeight }
    var messageRow: Int { size.height - 2 }
    var keyRow: Int { size.height - 1 }

    /// From this width on the history stands beside the details.
    static let wide = 100
}

extension Model {
    var layout: Layout { Layout(size: size, panes: panes) }
}
