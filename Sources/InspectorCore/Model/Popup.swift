public import VisitorSessions

/// What stands over the list and takes the keys.
public enum Popup: Sendable {
    /// The help, scrolled down by so many lines.
    case help(scroll: Int)
    /// Asks whether to put sessions away.
    case confirmDiscard([VisitorSession])
    case setTokens(SetEditor)
}
