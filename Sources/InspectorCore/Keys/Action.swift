/// What a key can do. The raw value is its name in the configuration and in the command palette.
package enum Action: String, Hashable, Sendable, CaseIterable {
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

    // In popups only.
    case accept, confirm
    case externalEditor = "external-editor"
}

/// Where keys go: a pane, the line that is being typed, or the top popup.
package enum Focus: String, Hashable, Sendable, CaseIterable {
    case list, details, history, log
    /// The filter or the search, while it is typed.
    case line
    case help, palette, confirmation, menu, notice
    case setEditor = "set editor"
    case labelEditor = "label editor"

    package static let panes: Set<Focus> = [.list, .details, .history, .log]

    /// Where a character is text, even if the keymap binds it elsewhere.
    static let texts: Set<Focus> = [.line, .palette, .setEditor, .labelEditor]

    static let everywhere = Set(allCases)
}

/// A step through lines or choices.
enum Motion: Sendable {
    case up, down, pageUp, pageDown, halfPageUp, halfPageDown, first, last

    /// The line to go to from `line`, where a page has `page` lines and `limit` is the last line.
    func target(from line: Int, page: Int, limit: Int) -> Int {
        switch self {
        case .first: 0
        case .last: limit
        default: min(max(line + offset(page: page), 0), limit)
        }
    }

    /// How many lines it moves by. Zero for the ends.
    func offset(page: Int) -> Int {
        switch self {
        case .up: -1
        case .down: 1
        case .pageUp: -page
        case .pageDown: page
        case .halfPageUp: -page / 2
        case .halfPageDown: page / 2
        case .first, .last: 0
        }
    }
}
