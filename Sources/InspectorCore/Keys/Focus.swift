/// Where the keys go: a pane, the line that is typed, or the popup on top.
public enum Focus: String, Hashable, Sendable, CaseIterable {
    case list, details, history, log
    /// The filter or the search, while it is typed.
    case line
    case help, palette, confirmation, menu, notice
    case setEditor = "set editor"
    case labelEditor = "label editor"

    public static let panes: Set<Focus> = [.list, .details, .history, .log]

    /// Where a character is text, whatever the keymap has it do elsewhere.
    static let texts: Set<Focus> = [.line, .palette, .setEditor, .labelEditor]

    static let everywhere = Set(allCases)
}
