import TerminalText
import VisitorSessions

/// How somebody has arranged the inspector, to be found again the next time.
public struct RememberedView: Codable, Hashable, Sendable {
    public var sort: String
    public var isDescending: Bool
    public var filter: String
    public var pane: String?
    public var times: String
    public var takesMouse: Bool
}

extension Model {
    public var remembered: RememberedView {
        RememberedView(
            sort: list.sort.key.rawValue, isDescending: list.sort.descending, filter: list.filterText,
            pane: panes.open?.rawValue, times: times.rawValue, takesMouse: takesMouse)
    }

    /// What is not understood, as from another version, stays as it is by default.
    mutating func restore(_ view: RememberedView) {
        if let key = SessionSort.Key(rawValue: view.sort) {
            list.sort = SessionSort(key, descending: view.isDescending)
        }
        let filter = TextSanitizer.line(view.filter)
        // Earlier versions kept tokens that were looked for.
        list.filterText = Quotation.mayHoldToken(filter) ? "" : filter
        panes.open = view.pane.flatMap(Panes.Kind.init(rawValue:))
        times = TimeMode(rawValue: view.times) ?? times
        takesMouse = view.takesMouse
    }
}
