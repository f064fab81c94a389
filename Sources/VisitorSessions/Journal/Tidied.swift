/// What one tidying up has done.
public struct Tidied: Hashable, Sendable {
    public var purgedSessions: Int
    public var trimmedEntries: Int

    /// Whether another one would find more to do at once.
    public var isMoreLeft: Bool

    public init(purgedSessions: Int = 0, trimmedEntries: Int = 0, isMoreLeft: Bool = false) {
        self.purgedSessions = purgedSessions
        self.trimmedEntries = trimmedEntries
        self.isMoreLeft = isMoreLeft
    }
}
