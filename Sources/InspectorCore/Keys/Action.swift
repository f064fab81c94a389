/// What a key does. The raw value is its name in the configuration and the command palette.
package enum Action: String, Hashable, Sendable, CaseIterable {
    case up, down, first, last
    case pageUp = "page-up"
    case pageDown = "page-down"
    case halfPageUp = "half-page-up"
    case halfPageDown = "half-page-down"
    case generate, renew, set, discard, restore, undo, redo, label
    case setNew = "set-new"
    case autoRenew = "auto-renew"
    case mark, range
    case markAll = "mark-all"
    case clearMarks = "clear-marks"
    case substitute
    case openBrowser = "open-browser"
    case filter, sort, reverse, columns, back
    case sortMenu = "sort-menu"
    case sortByAccess = "sort access"
    case sortByRefresh = "sort refresh"
    case sortByCreated = "sort created"
    case sortByRenewed = "sort renewed"
    case sortByLabel = "sort label"
    case nextMatch = "next-match"
    case previousMatch = "previous-match"
    case open, zoom, fold, unfold, requests, log
    case nextPane = "next-pane"
    case previousPane = "previous-pane"
    case copy, reveal, probe
    case copyAgain = "copy-again"
    case tokenInfo = "token-info"
    case times, freeze, mouse
    case themeDark = "theme dark"
    case themeLight = "theme light"
    case themeAuto = "theme auto"
    case palette, help, redraw, suspend
    case backOrQuit = "back-or-quit"
    case quit

    // In popups only.
    case accept, confirm, complete
    case externalEditor = "external-editor"

    /// Other names that the command palette accepts.
    var aliases: [String] {
        switch self {
        case .quit: ["q", "q!", "wq", "x", "qa", "exit"]
        case .help: ["h"]
        case .copy: ["export"]
        case .sortMenu: ["sort"]
        default: []
        }
    }
}

/// What receives keys: a pane, the prompt, or the top popup.
package enum Focus: String, Hashable, Sendable, CaseIterable {
    case list, details, history, requests, log
    /// The prompt for a filter or a search.
    case prompt
    case help, palette, confirmation, menu, notice
    case setEditor = "set editor"
    case labelEditor = "label editor"
    case form
    case popupFilter = "popup filter"

    package static let panes: Set<Focus> = [.list, .details, .history, .requests, .log]

    /// Where characters are text, never key bindings.
    static let texts: Set<Focus> = [.prompt, .palette, .setEditor, .labelEditor, .form, .popupFilter]

    static let everywhere = Set(allCases)
}

/// A move through lines or choices.
enum Motion: Sendable {
    case lines(Int), pages(Int), halfPages(Int), first, last

    /// - Parameters:
    ///   - page: The number of lines of a page.
    ///   - limit: The last line.
    func target(from line: Int, page: Int, limit: Int) -> Int {
        let target =
            switch self {
            case .lines(let count): line + count
            case .pages(let count): line + count * page
            case .halfPages(let count): line + count * (page / 2)
            case .first: 0
            case .last: limit
            }
        return min(max(target, 0), limit)
    }
}
