import VisitorSessions

/// What stands under a mouse.
enum Target: Sendable {
    case session(SessionID)
    case sort(SessionSort.Key)
    case key(Key)
    case pane(Focus)
    /// A line of the popup on top that can be chosen.
    case choice(Int)
    /// A popup's own ground: what lies below it is out of reach.
    case popup
}
