/// Where things stand on a screen of one size.
struct Layout: Hashable {
    /// The smallest screen that the inspector is drawn on.
    static let smallest = Size(width: 40, height: 10)

    let size: Size
    let detailsHeight: Int

    init(size: Size, showsDetails: Bool) {
        self.size = size
        let room = size.height - Self.headerRows - Self.footerRows
        detailsHeight = showsDetails ? max(min(room * 3 / 5, room - 3), 0) : 0
    }

    static let headerRows = 3
    static let footerRows = 2

    var isTooSmall: Bool {
        size.width < Self.smallest.width || size.height < Self.smallest.height
    }

    var listTop: Int { Self.headerRows }
    var listHeight: Int { max(size.height - Self.headerRows - Self.footerRows - detailsHeight, 1) }
    var detailsTop: Int { listTop + listHeight }
    var messageRow: Int { size.height - 2 }
    var keyRow: Int { size.height - 1 }
}

extension Model {
    var layout: Layout { Layout(size: size, showsDetails: details != nil) }
}
