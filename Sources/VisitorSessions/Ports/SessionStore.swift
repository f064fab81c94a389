public import struct Foundation.Date

/// Where sessions are kept: the port between the session manager and a database.
///
/// Every write is atomic and durable when the call returns, and is one entry in the journal. Every write of an
/// existing session is a compare-and-swap on ``VisitorSession/version``: it names the version that it saw, and
/// throws ``StoreError/Kind-swift.enum/conflict`` on any other, having written nothing. A write that has begun
/// is finished though its task is cancelled.
///
/// `VisitorSessionsTesting` holds the conformance suite that every store passes.
public protocol SessionStore: Sendable {
    /// Where it is, in the words of a person: no password, no token.
    var name: String { get }

    /// The session, as it is now. `nil` where there is none.
    func session(_ id: SessionID) async throws(StoreError) -> VisitorSession?

    /// The session together with its tokens, both of one version. `nil` where there is none.
    ///
    /// Throws ``StoreError/Kind-swift.enum/damaged`` where the tokens cannot be unsealed.
    func opened(_ id: SessionID) async throws(StoreError) -> OpenedSession?

    /// The sessions whose ID begins with the hexadecimal digits of `reference` (dashes do not count), or whose
    /// label is `reference`: at most `limit`, those that are put away too, and those of that label first.
    /// An empty reference names nothing.
    func sessions(named reference: String, limit: Int) async throws(StoreError) -> [VisitorSession]

    /// A part of a list, in the order of the list.
    func page(_ query: SessionQuery) async throws(StoreError) -> [VisitorSession]

    /// How many sessions are in which state.
    func census(at now: Date, policy: SessionPolicy) async throws(StoreError) -> SessionCensus

    /// Stores a new session, and returns it with its first version.
    func insert(
        _ session: VisitorSession, tokens: Tokens, entry: JournalEntry.Draft
    ) async throws(StoreError) -> VisitorSession

    /// Replaces the session, and its tokens where some are given, and returns it with its new version.
    func update(
        _ session: VisitorSession, tokens: Tokens?, entry: JournalEntry.Draft?
    ) async throws(StoreError) -> VisitorSession

    /// Takes the session's lease and marks its refresh token as sent, in one write.
    ///
    /// The deadline is `duration` from now, by the store's own clock, on which a lease is over, too. Throws
    /// ``StoreError/Kind-swift.enum/leased`` while another holder has it.
    func lease(
        _ session: VisitorSession, to holder: String, for duration: Duration
    ) async throws(StoreError) -> VisitorSession

    /// The newest entries of one session, newest first.
    func history(of id: SessionID, limit: Int) async throws(StoreError) -> [JournalEntry]

    /// Says, again and again, that something in the store may have changed, by whichever process.
    ///
    /// Each call gives a stream of its own, that begins with the subscription; several changes may make one
    /// element. Changes by other processes are seen within a second.
    func changes() -> AsyncStream<Void>
}
