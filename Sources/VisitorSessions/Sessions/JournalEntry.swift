public import struct Foundation.Data
public import struct Foundation.Date

/// A journal entry: what happened to a session, who did it, and the outcome.
public struct JournalEntry: Hashable, Sendable {
    /// An entry to write. The store adds the time, the position and the fingerprint.
    public struct Draft: Hashable, Sendable {
        public var event: Event

        /// The program and process ID that did it.
        public var actor: String

        /// The outcome as a safe phrase. `nil` if there is nothing to add to the event.
        public var outcome: String?
        public var requestID: String?

        /// How long the issuer took to respond, or how long the request waited if there was no response. Stores keep
        /// whole milliseconds. `nil`: nothing was sent to the issuer, or the entry predates durations.
        public var duration: Duration?

        public init(
            _ event: Event, actor: String, outcome: String? = nil, requestID: String? = nil, duration: Duration? = nil
        ) {
            self.event = event
            self.actor = actor
            self.outcome = outcome
            self.requestID = requestID
            self.duration = duration
        }
    }

    /// The position in the journal, ascending from 1.
    public var position: Int

    /// When it was written, by the store's clock.
    public var at: Date
    public var session: SessionID

    /// The fingerprint of the session's refresh token after the event, or of its access token if it has no refresh
    /// token. `nil` if the session has no tokens, the event purged it, or the entry predates fingerprints.
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
    /// What happened. Unknown names from newer versions are preserved.
    public struct Event: RawRepresentable, Hashable, Sendable {
        public static let generated = Event(rawValue: "generated")
        public static let renewed = Event(rawValue: "renewed")
        public static let set = Event(rawValue: "set")
        public static let labeled = Event(rawValue: "labelled")
        public static let discarded = Event(rawValue: "discarded")
        public static let restored = Event(rawValue: "restored")
        public static let refused = Event(rawValue: "refused")
        public static let failed = Event(rawValue: "failed")
        public static let unresolved = Event(rawValue: "unresolved")
        /// The access token expired before it was replaced. Recorded by the first program that notices.
        public static let expired = Event(rawValue: "expired")
        /// A new visitor replaced the session's visitor.
        public static let replaced = Event(rawValue: "replaced")
        /// A running application replaced the session's visitor after a failed renewal.
        public static let lost = Event(rawValue: "lost")

        /// A running application gets other tokens in place of the session's, until the substitution is withdrawn.
        public static let substituted = Event(rawValue: "substituted")
        public static let withdrawn = Event(rawValue: "withdrawn")
        /// Permanently deleted, including its tokens.
        public static let purged = Event(rawValue: "purged")

        /// The events that this version writes.
        public static let known: [Event] = [
            .generated, .renewed, .set, .labeled, .discarded, .restored, .refused, .failed, .unresolved, .expired,
            .replaced, .lost, .substituted, .withdrawn, .purged,
        ]

        /// The events about a session's tokens. The newest one shows whether their expiry has been recorded.
        package static let ofTokens: [Event] = [.generated, .renewed, .set, .expired]

        public let rawValue: String

        public init(rawValue: String) {
            self.rawValue = rawValue
        }

        /// The event with this name or stored value, if this version writes it.
        package init?(named text: String) {
            guard let event = Self.known.first(where: { $0.name == text || $0.rawValue == text }) else { return nil }
            self = event
        }

        /// The name to display. The stored value is spelled differently.
        package var name: String { self == .labeled ? "labeled" : rawValue }
    }
}

extension JournalEntry.Draft {
    /// ``duration`` as displayed: “12 ms”.
    package var tookText: String? { duration.map { "\($0.inMilliseconds) ms" } }
}

extension JournalEntry {
    /// The outcomes of a `set` that undoes another one, and of a `set` that redoes it.
    package static let (setUndone, setRedone) = ("undone", "redone")

    private static let visitorChangePrefix = "another visitor: "

    /// The outcome of a renewal that returned another visitor's tokens. `nil`: it didn't, or a visitor isn't known.
    static func visitorChange(from old: String?, to new: String?) -> String? {
        guard let old, let new, old != new else { return nil }
        return "\(visitorChangePrefix)\(new.prefix(8)) replaces \(old.prefix(8))"
    }

    /// What replaced the visitor, if the entry's outcome is a visitor change: `141dba00 replaces 3af1b304`.
    package var visitorChange: String? {
        guard let outcome = draft.outcome, outcome.hasPrefix(Self.visitorChangePrefix) else { return nil }
        return String(outcome.dropFirst(Self.visitorChangePrefix.count))
    }

    /// The display name of an actor: `` `renew` (process 4711) `` for `renew 4711`.
    package static func name(ofActor actor: String) -> String {
        let words = actor.split(separator: " ")
        guard words.count > 1, let process = words.last, process.allSatisfy(\.isNumber) else { return actor }
        return "`\(words.dropLast().joined(separator: " "))` (process \(process))"
    }
}

extension JournalEntry.Draft {
    /// Who did it, such as “by `renew` (process 4711)”, or noticed it.
    package var byActor: String {
        "\([.expired, .lost].contains(event) ? "recorded by" : "by") \(JournalEntry.name(ofActor: actor))"
    }
}

/// A keyed digest of a token: equal for equal tokens and keys. It can't be used to guess the token.
public struct TokenFingerprint: Hashable, Sendable {
    private static let size = 16

    /// Sixteen bytes.
    public let bytes: Data

    /// `nil` unless there are 16 bytes.
    public init?(_ bytes: some Collection<UInt8>) {
        guard bytes.count == Self.size else { return nil }
        self.bytes = Data(bytes)
    }

    init(digest: UnsafeRawBufferPointer) {
        bytes = Data(UnsafeRawBufferPointer(rebasing: digest.prefix(Self.size)))
    }
}

extension TokenFingerprint: CustomStringConvertible {
    /// The first eight hexadecimal digits, for comparing tokens by eye.
    public var description: String {
        bytes.prefix(4).hexadecimal
    }
}
