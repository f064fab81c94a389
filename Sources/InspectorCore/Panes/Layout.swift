/// Where the parts of the screen are.
package struct Layout: Hashable, Sendable {
    /// The smallest screen that the inspector draws on.
    static let smallest = Size(width: 40, height: 10)

    /// From this width on the history is beside the details.
    static let wide = 100

    private static let footerRows = 2

    let size: Size
    let showsTimeline: Bool

    /// The rows of the list without its titles. 0: it is hidden.
    package let listHeight: Int

    /// The rows of the panes below the list, with their titles. 0: they are hidden.
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

    var titleRow: Int { showsTimeline ? 3 : 2 }
    var listTop: Int { titleRow + 1 }
    var paneTop: Int { messageRow - paneHeight }
    var messageRow: Int { size.height - 2 }
    var keyRow: Int { size.height - 1 }

    /// The width of text in a popup.
    var popupWidth: Int { max(size.width - 4, 10) }

    /// The lines of a page in a popup.
    var popupPage: Int { max(size.height - 6, 1) }
}
