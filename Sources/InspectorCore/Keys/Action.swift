/// What a key can ask for in the list and its panes.
public enum Action: String, Hashable, Sendable, CaseIterable {
    case up, down, pageUp, pageDown, halfPageUp, halfPageDown, first, last
    case generate, renew, set, setNew, discard, undo
    case filter, peel, nextSort, reverseSort
    case details, switchPane
    case help, redraw, suspend, quit, quitAtOnce
}
