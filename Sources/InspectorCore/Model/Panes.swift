public import VisitorSessions

/// What is open below the list, which pane has the keys, and how far each is scrolled.
public struct Panes: Sendable {
    public enum Kind: String, Sendable {
        /// The details and the history of one session.
        case session
        case log
    }

    public internal(set) var open: Kind?
    public internal(set) var focus = Focus.list

    /// Whether the pane with the focus is shown alone.
    public internal(set) var isZoomed = false

    /// The opened session, and what is known of it.
    public internal(set) var sessionID: SessionID?
    public internal(set) var content: SessionDetails?

    /// A place behind all lines: the last ones are shown, whatever is added to them.
    static let end = 1_000_000

    /// By pane: the lines above the first one that is shown.
    var scroll: [Focus: Int] = [:]

    /// What is searched for in the details and the history.
    public internal(set) var search = ""

    /// The line of the match that `n` came to last.
    var match: Int?

    /// What the lines of the log must hold.
    public internal(set) var logFilter = ""

    mutating func show(_ pane: Focus) {
        focus = pane
        match = nil
        switch pane {
        case .details, .history: open = .session
        case .log: open = .log
        default: break
        }
    }

    /// Back to the list alone.
    mutating func close() {
        open = nil
        focus = .list
        isZoomed = false
        sessionID = nil
        content = nil
    }

    /// Another session stands in the details.
    mutating func turn(to id: SessionID?) {
        sessionID = id
        content = nil
        scroll[.details] = 0
        scroll[.history] = 0
        match = nil
    }

    mutating func cycle(by offset: Int) {
        let order: [Focus] = [.list, .details, .history, .log]
        let place = order.firstIndex(of: focus) ?? 0
        show(order[(place + offset + order.count) % order.count])
    }
}
