/// Where a place of a list stands in all of it.
public struct SessionRank: Hashable, Sendable {
    /// How many sessions stand before it.
    public var before: Int

    /// How many sessions the list has.
    public var total: Int

    public init(before: Int, total: Int) {
        self.before = before
        self.total = total
    }
}
