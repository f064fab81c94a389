/// How long what is no longer in use is kept.
public struct Retention: Hashable, Sendable {
    /// How long a discarded session can be taken back.
    public var gracePeriod: Duration

    /// How old an entry of the journal may get.
    public var journalAge: Duration

    /// How many of the newest entries stay at most.
    public var journalCount: Int

    public init(
        gracePeriod: Duration = .seconds(24 * 3600), journalAge: Duration = .seconds(90 * 24 * 3600),
        journalCount: Int = 1_000_000
    ) {
        self.gracePeriod = gracePeriod
        self.journalAge = journalAge
        self.journalCount = journalCount
    }
}
