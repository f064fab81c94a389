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
