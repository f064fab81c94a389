extension JournalEntry {
    /// What happened, by its name in the journal. A name that only a newer version knows is carried as it is.
    public struct Event: RawRepresentable, Hashable, Sendable {
        public static let generated = Event(rawValue: "generated")
        public static let renewed = Event(rawValue: "renewed")
        public static let set = Event(rawValue: "set")
        public static let labelled = Event(rawValue: "labelled")
        public static let discarded = Event(rawValue: "discarded")
        public static let restored = Event(rawValue: "restored")
        public static let refused = Event(rawValue: "refused")
        public static let failed = Event(rawValue: "failed")
        public static let unresolved = Event(rawValue: "unresolved")
        /// A new visitor has taken the old one's place.
        public static let replaced = Event(rawValue: "replaced")
        /// Gone for good, and its tokens with it.
        public static let purged = Event(rawValue: "purged")

        /// Those that this version writes.
        public static let known: [Event] = [
            .generated, .renewed, .set, .labelled, .discarded, .restored, .refused, .failed, .unresolved, .replaced,
            .purged,
        ]

        public let rawValue: String

        public init(rawValue: String) {
            self.rawValue = rawValue
        }
    }
}
