/// One line of the keymap: keys, what they do, where they do it, and when they cannot.
public struct KeyBinding: Sendable {
    public var keys: [Key]
    public var action: Action

    /// In a word, for the key bar.
    public var name: String

    /// In a sentence, for the help, the palette and the README.
    public var help: String

    public var places: Set<Focus>

    /// Its rank in the key bar of the list, where those of the highest numbers give way first. `nil`: not in it.
    var listRank: Int?

    /// The same below the list, in the details, the history and the log.
    var paneRank: Int?

    /// Why it does nothing now. `nil`: it does something.
    public var obstacle: @Sendable (Model) -> String?

    init(
        _ keys: [Key], _ action: Action, _ name: String, _ help: String, in places: Set<Focus> = Focus.panes,
        bar listRank: Int? = nil, pane paneRank: Int? = nil,
        unless obstacle: @escaping @Sendable (Model) -> String? = { _ in nil }
    ) {
        self.keys = keys
        self.action = action
        self.name = name
        self.help = help
        self.places = places
        self.listRank = listRank
        self.paneRank = paneRank
        self.obstacle = obstacle
    }

    func barRank(in place: Focus) -> Int? { place == .list ? listRank : paneRank }

    /// Whether it stands in the tables that people learn the keys from. The keys of a popup stand in its frame.
    public var isListed: Bool { !places.isDisjoint(with: Focus.panes) }
}
