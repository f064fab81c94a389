public import struct Foundation.Date

/// Where sessions are kept: the port between the session manager and a database.
///
/// Every write is atomic and durable when the call returns, and is one entry in the journal. Every write of an
/// existing session is a compare-and-swap on ``VisitorSession/version``: it names the version that it saw, and
/// throws ``StoreError/Kind-swift.enum/conflict`` on any other, having written nothing. A write that has begun
/// is finished though its task is cancelled.
///
/// No two sessions that are in use hold one refresh token, for they would redeem it twice: a write that gives a
/// session a refresh token of another, or takes a session back that holds one, throws
/// ``StoreError/Kind-swift.enum/duplicate``. A refresh token that the session in use has already is never refused.
///
/// `VisitorSessionsTesting` holds the conformance suite that every store passes.
public protocol SessionStore: Sendable {
    /// Where it is, in the words of a person: no password, no token.
    var name: String { get }

    // MARK: Sessions

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

    /// The sessions that hold `token`, as access or refresh token, and after them those that held it at `since` or
    /// later, as far as the journal's fingerprints tell: at most `limit`, those that are put away too.
    func sessions(holding token: Secret, since: Date, limit: Int) async throws(StoreError) -> [VisitorSession]

    /// A part of a list, in the order of the list.
    func page(_ query: SessionQuery) async throws(StoreError) -> [VisitorSession]

    /// How many sessions stand before `position` in the list that `query` asks for, and how many that list has: where the
    /// page begins and how long it is does not matter.
    ///
    /// This may take as long as a look at every session of the list. Cancelling the task ends it.
    func rank(of position: SessionPosition, in query: SessionQuery) async throws(StoreError) -> SessionRank

    /// How many sessions are in which state, and when their access tokens end.
    func census(at now: Date, policy: SessionPolicy) async throws(StoreError) -> SessionCensus

    /// Stores a new session, and returns it with its first version.
    func insert(
        _ session: VisitorSession, tokens: Tokens, entry: JournalEntry.Draft
    ) async throws(StoreError) -> VisitorSession

    /// Stores those of many sessions that are new to the store, each with its entry, in as few writes as others can wait
    /// for. What is said to be stored is durable on return, and where this throws nothing is stored.
    ///
    /// Of the first of them, and of one at least, it may be said alone: where something went wrong after these. The rest is
    /// not stored then, and to be given again.
    ///
    /// Says of each, in their order, what became of it. New is a session whose token (the refresh token, or the access
    /// token where there is no other) no session holds or held, as far as the journal's fingerprints tell: none in
    /// use, none that is put away, and none before it in `sessions`.
    func insert(new sessions: [NewSession]) async throws(StoreError) -> [Insertion]

    /// Replaces the session, and its tokens where some are given, and returns it with its new version.
    func update(
        _ session: VisitorSession, tokens: Tokens?, entry: JournalEntry.Draft?
    ) async throws(StoreError) -> VisitorSession

    // MARK: Renewal

    /// Takes the session's lease, marks its refresh token as sent, and takes the request from its client's budget
    /// where `request` says one, all in one write.
    ///
    /// The deadline is `duration` from now, though never more than ``SessionLease/longest``, by the store's own clock, on
    /// which a lease is over, too (``SessionLease/bars(_:at:)``). Throws
    /// ``StoreError/Kind-swift.enum/leased`` while another holder has it, and
    /// ``StoreError/Kind-swift.enum/overBudget`` where the budget has to be waited for.
    func lease(
        _ session: VisitorSession, to holder: String, for duration: Duration, within request: BudgetRequest?
    ) async throws(StoreError) -> VisitorSession

    /// Takes a request that is for no session from the client's budget, which all users of the store share and the
    /// store's clock judges.
    ///
    /// Throws ``StoreError/Kind-swift.enum/overBudget`` where it has to be waited for.
    func spend(_ request: BudgetRequest, of clientID: String) async throws(StoreError)

    // MARK: Journal

    /// The newest entries of one session, newest first.
    func history(of id: SessionID, limit: Int) async throws(StoreError) -> [JournalEntry]

    /// The entries of all sessions behind `position`, oldest first. Whoever reads on from the last one misses none
    /// that is written later.
    func journal(after position: Int, limit: Int) async throws(StoreError) -> [JournalEntry]

    /// The newest position that was ever given out, whether its entry is still there or not. 0: none.
    func journalEnd() async throws(StoreError) -> Int

    /// Purges sessions that were discarded longer ago than the grace period, with their tokens and an entry each,
    /// and trims the journal: at most `batch` of either, by the store's clock, in one short write.
    ///
    /// Sessions whose lease lasts and damaged ones stay. `nil`: somebody else is at it; who leaves more behind is
    /// taken to go on, for a minute.
    func tidy(_ retention: Retention, by actor: String, batch: Int) async throws(StoreError) -> Tidied?

    // MARK: The issuer's clock

    /// The last reading of the clock of `issuer` that was stored on the machine start `bootID` names or, where there is
    /// none, on any other. `nil`: there is none at all.
    func clockReading(of issuer: String, bootID: String) async throws(StoreError) -> StoredClockReading?

    /// Stores a reading of the clock of `issuer`, taken now, in place of the last one of the same start of this machine.
    func store(_ reading: ClockReading, of issuer: String) async throws(StoreError)

    // MARK: Changes

    /// Says, again and again, that something in the store may have changed, by whichever process.
    ///
    /// Each call gives a stream of its own, that begins with the subscription; several changes may make one
    /// element. Changes by other processes are seen within a second.
    func changes() -> AsyncStream<Void>
}
