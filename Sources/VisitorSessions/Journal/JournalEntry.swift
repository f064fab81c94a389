public import struct Foundation.Date

/// One line of the journal: what happened to a session, by whom, and how it went.
public struct JournalEntry: Hashable, Sendable {
    public enum Event: String, Sendable, Hashable, CaseIterable {
        case generated, renewed, set, labelled, discarded, restored, refused, failed, unresolved, replaced, purged
    }

    /// What a writer says; the store adds when and where in the order.
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

    /// The place in the journal: later entries have greater ones.
    public var position: Int

    /// When it was written, by the store's clock.
    public var at: Date
    public var session: SessionID
    public var draft: Draft

    public init(position: Int, at: Date, session: SessionID, draft: Draft) {
        self.position = position
        self.at = at
        self.session = session
        self.draft = draft
    }
}
