/// Stores the requests of running applications, and which sessions these applications are using.
///
/// A recorder appends requests in batches and keeps its ``LiveSource`` alive. A list reads ``liveSessions(among:)`` for
/// its rows, a pane reads ``requests(of:limit:)``, and a log reads ``requests(after:limit:)`` after each of
/// ``SessionStore/changes()``. ``SessionFilter/isLive`` and ``SessionFilter/sources`` select sessions.
///
/// Old requests are dropped: a store keeps no more than ``RequestLimits`` allows, and purging a session deletes its
/// requests.
public protocol RequestStore: Sendable {
    /// Stores requests that `source` recorded, oldest first, and keeps the source's sessions live for `duration` from
    /// now by the store's clock. All in one write.
    ///
    /// An empty batch only keeps the source alive. A duration of zero ends it, so that its sessions are no longer live.
    func append(
        _ requests: [LiveRequest.Draft], from source: LiveSource, liveFor duration: Duration
    ) async throws(StoreError)

    /// The newest requests of one session, newest first.
    func requests(of id: SessionID, limit: Int) async throws(StoreError) -> [LiveRequest]

    /// The requests of all sessions after `position`, oldest first. Continuing from the last one misses none.
    func requests(after position: Int, limit: Int) async throws(StoreError) -> [LiveRequest]

    /// The highest position ever assigned. 0 if there is none.
    func requestsEnd() async throws(StoreError) -> Int

    /// Those of `sessions` that have recorded requests, whether they are still live or not.
    ///
    /// A session whose last request was made ``LiveRequest/Flags/asSubstitute`` is live only while its tokens are
    /// substituted for some session's.
    func liveSessions(among sessions: [SessionID]) async throws(StoreError) -> [SessionID: LiveSession]
}

/// How many requests a store keeps.
public enum RequestLimits {
    public static let perSession = 200
    public static let total = 20_000
    public static let age = Duration.seconds(7 * 24 * 3600)
}

/// Where an application keeps tokens: a cookie or a local storage item of an origin, and the format of its text.
///
/// Contains no tokens, and no other text that the application stores with them.
public struct TokenPlace: Hashable, Sendable {
    public enum Kind: String, Hashable, Sendable, CaseIterable {
        case cookie
        case local
    }

    /// The origin, such as `http://localhost:3000`.
    public var origin: String
    public var kind: Kind

    /// The cookie's name or the item's key.
    public var name: String

    /// The cookie's attributes as JSON. Empty for local storage.
    public var attributes: String

    /// The format of the text, shown with sample tokens.
    public var form: String

    public init(origin: String, kind: Kind, name: String, attributes: String, form: String) {
        self.origin = origin
        self.kind = kind
        self.name = name
        self.attributes = attributes
        self.form = form
    }
}

/// Remembers where applications keep tokens, so that a browser can be opened as a stored session's visitor.
public protocol PlaceStore: Sendable {
    /// Remembers a place, replacing any with the same origin, kind and name.
    func remember(_ place: TokenPlace) async throws(StoreError)

    /// The origins that have places, in order.
    func placeOrigins() async throws(StoreError) -> [String]

    /// The places of an origin, ordered by kind and name.
    func places(of origin: String) async throws(StoreError) -> [TokenPlace]
}

/// A running application that uses one session's tokens, and gets another session's in their place.
///
/// If both are the same session, its tokens were set while the application kept using the previous ones.
public struct Substitution: Hashable, Sendable {
    /// The session that the application uses.
    public var session: SessionID

    /// The session whose tokens are sent.
    public var target: SessionID

    public init(of session: SessionID, with target: SessionID) {
        (self.session, self.target) = (session, target)
    }
}

/// How running applications use sessions.
public struct SessionUse: Sendable {
    /// The sessions that have recorded requests.
    public var live: [SessionID: LiveSession]

    /// All substitutions.
    public var substitutions: [Substitution]

    public init(live: [SessionID: LiveSession], substitutions: [Substitution]) {
        self.live = live
        self.substitutions = substitutions
    }
}

/// Stores which sessions' tokens are substituted in running applications, until the substitution is withdrawn.
public protocol SubstitutionStore: Sendable {
    /// Substitutes `target`'s tokens for the session's, or withdraws the substitution if `target` is `nil`. Writes the
    /// journal entry in either case.
    ///
    /// Throws ``StoreError/Kind-swift.enum/notFound`` if there is no such session.
    func substitute(_ id: SessionID, with target: SessionID?, entry: JournalEntry.Draft) async throws(StoreError)

    /// All substitutions of sessions that are still stored, ordered by session.
    func substitutions() async throws(StoreError) -> [Substitution]
}

extension SubstitutionStore {
    /// Substitutes `target`'s tokens for the session's.
    ///
    /// - Parameter actor: The name of this process in the journal.
    package func substitute(_ id: SessionID, with target: SessionID, by actor: String) async throws(StoreError) {
        let outcome =
            "the application now sends the tokens " + (id == target ? "set on this session" : "of session \(target)")
        try await substitute(id, with: target, entry: .init(.substituted, actor: actor, outcome: outcome))
    }

    package func withdrawSubstitution(of id: SessionID, by actor: String) async throws(StoreError) {
        try await substitute(id, with: nil, entry: .init(.withdrawn, actor: actor))
    }
}
