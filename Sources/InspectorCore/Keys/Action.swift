/// What a key can ask for. Its raw value is the name that the configuration and the command palette know it by.
public enum Action: String, Hashable, Sendable, CaseIterable {
    case up, down, first, last
    case pageUp = "page-up"
    case pageDown = "page-down"
    case halfPageUp = "half-page-up"
    case halfPageDown = "half-page-down"
    case generate, renew, set, discard, restore, undo, label
    case setNew = "set-new"
    case autoRenew = "auto-renew"
    case mark, range
    case clearMarks = "clear-marks"
    case filter, sort, reverse, back
    case nextMatch = "next-match"
    case previousMatch = "previous-match"
    case open, zoom, log
    case nextPane = "next-pane"
    case previousPane = "previous-pane"
    case copy, reveal, probe
    case tokenInfo = "token-info"
    case times, freeze, mouse
    case palette, help, redraw, suspend, quit
    case quitAtOnce = "quit-at-once"

    /// In popups alone.
    case accept, confirm
    case externalEditor = "external-editor"
}
