public import struct Foundation.Data
public import struct Foundation.Date

/// One line of the journal: what happened to a session, by whom, and how it went.
public struct JournalEntry: Hashable, Sendable {
    /// What a writer says; the store adds when, where in the order, and the fingerprint.
    public struct Draft: Hashable, Sendable {
        public var event: Event

        /// Who did it: a program and its process ID.
        public var actor: String

        /// How it went, in a safe phrase. `nil` where the event says it all.
        public var outcome: String?
        public var requestID: String?

        public init(_ event: Event, actor: String, outcome: String? = nil, requestID: String? = nil) {
            self.event = event
            self.actor = actor
            self.outcome = outcome
            self.requestID = requestID
        }
    }

    /// The place in the journal: later entries have greater ones, from 1 on.
    public var position: Int

    /// When it was written, by the store's clock.
    public var at: Date
    public var session: SessionID

    /// Of the refresh token that the session had after this, or of its access token where it had no other.
    /// `nil`: it had none, is gone, or the entry is from a time when stores did not say.
    public var fingerprint: TokenFingerprint?
    public var draft: Draft

    public init(position: Int, at: Date, session: SessionID, fingerprint: TokenFingerprint? = nil, draft: Draft) {
        self.position = position
        self.at = at
        self.session = session
        self.fingerprint = fingerprint
        self.draft = draft
    }
}

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

/// A keyed digest of a token: the same for the same token and key, and no help in guessing the token.
public struct TokenFingerprint: Hashable, Sendable {
    private static let size = 16

    /// The sixteen bytes, as stores keep them.
    public let bytes: Data

    /// `nil` for any other number of bytes.
    public init?(_ bytes: some Collection<UInt8>) {
        guard bytes.count == Self.size else { return nil }
        self.bytes = Data(bytes)
    }

    init(digest: some Sequence<UInt8>) {
        bytes = Data(digest.prefix(Self.size))
    }
}

extension TokenFingerprint: CustomStringConvertible {
    /// The first eight hexadecimal digits: enough to tell two tokens apart by sight.
    public var description: String {
        bytes.prefix(4).hexadecimal
    }
}
