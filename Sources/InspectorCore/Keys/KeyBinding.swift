/// One line of the keymap: a key, what it does, and when it cannot.
public struct KeyBinding: Sendable {
    public var keys: [Key]
    public var action: Action

    /// In a word, for the key bar.
    public var name: String

    /// In a sentence, for the help.
    public var help: String

    /// Its rank in the key bar, where those of the highest numbers give way first. `nil`: not in it.
    public var barRank: Int?

    /// Why it does nothing now. `nil`: it does something.
    public var obstacle: @Sendable (Model) -> String?

    init(
        _ keys: [Key], _ action: Action, _ name: String, _ help: String, bar: Int? = nil,
        unless obstacle: @escaping @Sendable (Model) -> String? = { _ in nil }
    ) {
        self.keys = keys
        self.action = action
        self.name = name
        self.help = help
        self.barRank = bar
        self.obstacle = obstacle
    }
}
