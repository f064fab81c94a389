public import struct Foundation.Date

/// Stores sessions and their tokens: what a server's ``SessionManager`` needs from a database.
///
/// | when | the manager calls |
/// |---|---|
/// | a visitor presents a cookie | ``sessions(holding:since:limit:)``, then ``opened(_:)``, or ``insert(_:tokens:entry:)`` for a new one |
/// | a request needs an access token | ``opened(_:)``; nothing is written while the stored token works |
/// | an access token must be renewed | ``lease(_:to:for:within:)``, the request, then ``update(_:tokens:entry:keeping:)`` |
/// | another process holds the lease | ``changes()``, then ``opened(_:)`` |
/// | a new visitor is generated | ``spend(_:of:)``, the request, then ``insert(_:tokens:entry:)`` |
/// | a ``RenewalScheduler`` looks for work | ``sessions(toRenewFrom:at:limit:)``, once a minute and after changes |
/// | a process starts and learns the issuer's time | ``clockReading(of:bootID:)``, ``store(_:of:)`` |
///
/// Interactive tools need more: ``SessionBrowser`` lists, counts and searches, and ``StoreMaintenance`` maintains the
/// store itself. To implement a store, read <doc:ImplementingAStore> and run the conformance suite of
/// `VisitorSessionsTesting`.
///
/// # Writes
///
/// A write is atomic, and durable when the call returns. It stores the session and its journal entry, or neither. Once
/// started, a write finishes even if its task is cancelled.
///
/// Every write of an existing session is a compare-and-swap on ``VisitorSession/version``: it names the version that it
/// read, and throws ``StoreError/Kind-swift.enum/conflict`` if the stored version differs.
///
/// A session is in use unless it is discarded. No two sessions in use hold the same refresh token, because both would
/// redeem it. A write that would give a session another session's refresh token, or restore a session whose token is in
/// use elsewhere, throws ``StoreError/Kind-swift.enum/duplicate``. A session in use may always keep its own refresh token.
///
/// Labels have no control characters: a write that would add some throws ``StoreError/Kind-swift.enum/invalidLabel``
/// (``VisitorSession/requireValidLabel(replacing:)``).
///
/// # Errors
///
/// A call that throws has written nothing, with one exception: after ``StoreError/Kind-swift.enum/unavailable`` a write
/// may have reached the database although its confirmation was lost. The version shows it: the manager retries, and a
/// ``StoreError/Kind-swift.enum/conflict`` then means that the write arrived. A row that can't be decoded throws
/// ``StoreError/Kind-swift.enum/damaged`` when it is opened or written, and is never overwritten.
public protocol SessionStore: Sendable {
    // MARK: Reading

    /// The session and its tokens, both of one version. `nil` if there is no such session.
    ///
    /// Throws ``StoreError/Kind-swift.enum/damaged`` if the row can't be decoded or its tokens can't be unsealed.
    func opened(_ id: SessionID) async throws(StoreError) -> OpenedSession?

    /// The sessions that hold `token` as access or refresh token, followed by those that held it at `since` or later
    /// according to the journal's fingerprints: at most `limit`, discarded ones included.
    func sessions(holding token: Secret, since: Date, limit: Int) async throws(StoreError) -> [VisitorSession]

    /// The sessions with automatic renewal that can still be renewed, earliest access expiry first: at most `limit`.
    ///
    /// Includes only sessions whose issuer is `issuer` or unknown. Excludes those that are refused at `now`, discarded,
    /// damaged or live (``RequestStore``). ``SessionBrowser`` implements this with ``SessionBrowser/page(_:)``.
    func sessions(toRenewFrom issuer: String, at now: Date, limit: Int) async throws(StoreError) -> [VisitorSession]

    /// The tokens kept by the last ``update(_:tokens:entry:keeping:)`` with `keeping`. `nil`: there was none.
    ///
    /// Throws ``StoreError/Kind-swift.enum/damaged`` if they can't be unsealed.
    func replacedTokens(of id: SessionID) async throws(StoreError) -> ReplacedTokens?

    // MARK: Writing

    /// Stores a new session, and returns it with its first version.
    ///
    /// Throws ``StoreError/Kind-swift.enum/conflict`` if the ID is in use.
    func insert(
        _ session: VisitorSession, tokens: Tokens, entry: JournalEntry.Draft
    ) async throws(StoreError) -> VisitorSession

    /// Replaces the session, and returns it with its new version. If `tokens` is `nil`, the stored tokens are kept; if
    /// `entry` is `nil`, no journal entry is written.
    ///
    /// - Parameter replaced: Tokens to keep, sealed like the session's own, until a later write replaces them or the
    ///   session is purged. Lookups by token ignore them. `nil`: previously kept tokens are unchanged.
    func update(
        _ session: VisitorSession, tokens: Tokens?, entry: JournalEntry.Draft?, keeping replaced: ReplacedTokens?
    ) async throws(StoreError) -> VisitorSession

    // MARK: Renewing

    /// Takes the session's lease, marks its refresh token as sent, and takes a request from its client's budget if
    /// `request` is given, all in one write.
    ///
    /// The deadline is `duration` from now, and at most ``SessionLease/longest``, by the store's clock, which also decides
    /// when a lease has expired (``SessionLease/blocks(_:at:)``). Throws ``StoreError/Kind-swift.enum/leased`` while
    /// another holder has the lease, and ``StoreError/Kind-swift.enum/overBudget`` if the budget is exhausted.
    func lease(
        _ session: VisitorSession, to holder: String, for duration: Duration, within request: BudgetRequest?
    ) async throws(StoreError) -> VisitorSession

    /// Takes a request that belongs to no session from the client's budget. All users of the store share the budget, and
    /// the store's clock decides.
    ///
    /// Throws ``StoreError/Kind-swift.enum/overBudget`` if the budget is exhausted.
    func spend(_ request: BudgetRequest, of clientID: String) async throws(StoreError)

    // MARK: The issuer's clock

    /// The last stored reading of `issuer`'s clock from the boot that `bootID` identifies or, if there is none, from
    /// any other boot. `nil` if there is none at all.
    func clockReading(of issuer: String, bootID: String) async throws(StoreError) -> StoredClockReading?

    /// Stores a reading of `issuer`'s clock, taken now. It replaces the last one from the same boot.
    func store(_ reading: ClockReading, of issuer: String) async throws(StoreError)

    // MARK: Changes

    /// Yields whenever something in the store may have changed, whichever process changed it.
    ///
    /// Each call returns its own stream, which starts with the subscription. Several changes may yield once. Changes by
    /// other processes are seen within a second.
    func changes() -> AsyncStream<Void>
}

extension SessionStore {
    /// Replaces the session (``update(_:tokens:entry:keeping:)``). Previously kept tokens are unchanged.
    public func update(
        _ session: VisitorSession, tokens: Tokens?, entry: JournalEntry.Draft?
    ) async throws(StoreError) -> VisitorSession {
        try await update(session, tokens: tokens, entry: entry, keeping: nil)
    }
}

/// Many new sessions that a store receives as a whole: until ``finish(report:)`` the store is unchanged.
///
/// An import that is abandoned, or interrupted by a crash, needs no cleanup.
public protocol BulkImport: Sendable {
    /// Adds the sessions whose ID and tokens are certainly new. Returns whether each one was added; pass the others to
    /// ``StoreMaintenance/insert(new:)`` after ``finish(report:)``.
    ///
    /// Throws ``StoreError/Kind-swift.enum/invalidLabel`` if a label has control characters.
    func add(_ sessions: [NewSession]) async throws(StoreError) -> [Bool]

    /// Stores everything that was added, durable on return. Call it once.
    ///
    /// Returns the sessions that weren't stored because another process stored their ID or token in the meantime.
    ///
    /// - Parameter report: Called with each step, such as "Building index 3 of 12".
    func finish(report: @escaping @Sendable (String) -> Void) async throws(StoreError) -> Set<SessionID>
}

extension StoreMaintenance {
    /// The default, for stores without a faster way than ``insert(new:)``.
    public func bulkImport(of count: Int) async throws(StoreError) -> (any BulkImport)? { nil }
}

/// Maintenance of a whole store: what the `import`, `doctor` and `keys` commands and the scheduler's purging need.
///
/// Nothing here is on the path of a visitor's request. Purging and key rotation run in one process at a time, under a
/// lock in the store that expires after a minute without renewal.
public protocol StoreMaintenance: Sendable {
    /// Whether the store was opened read-only, or this user can't write to it.
    var isReadOnly: Bool { get }

    /// Stores the sessions that are new to the store, each with its entry, in batches, so that other writers get a
    /// turn. Returns the result for each session, in order.
    ///
    /// A session is new if no stored session, and none earlier in `sessions`, holds or held its token (the refresh
    /// token, or the access token if there is no refresh token), according to the journal's fingerprints.
    ///
    /// Throws ``StoreError/Kind-swift.enum/invalidLabel`` if a label has control characters.
    ///
    /// May return results for a prefix (at least one) if a later write fails: the rest isn't stored and can be passed
    /// again. If this throws, nothing is stored.
    func insert(new sessions: [NewSession]) async throws(StoreError) -> [Insertion]

    /// Starts to store about `count` new sessions as a whole. `nil`: use ``insert(new:)`` instead, for example because
    /// there are only a few sessions, or because other processes use the store.
    func bulkImport(of count: Int) async throws(StoreError) -> (any BulkImport)?

    /// Checkpoints the store's log, if it has one. Returns whether the log is empty afterwards: readers may delay that,
    /// which is harmless.
    @discardableResult
    func checkpoint() async throws(StoreError) -> Bool

    /// Deletes sessions whose grace period has expired, with their tokens, and writes an entry for each. Trims the
    /// journal. At most `batch` of either, by the store's clock, in one short write.
    ///
    /// Leased and damaged sessions stay. `nil`: another process holds the maintenance lock (for 60 s).
    func purge(_ retention: Retention, by actor: String, batch: Int) async throws(StoreError) -> PurgeResult?

    /// Adds an entry for each session whose access token expired after `start` and up to `now`, at most `batch`, in one
    /// short write. Skips discarded and damaged sessions.
    ///
    /// An expiry is recorded once, however many processes call this: sessions whose newest entry about their tokens
    /// already records it are skipped.
    ///
    /// - Returns: The number of entries added, and the latest expiry among them.
    func recordExpiries(after start: Date, until now: Date, by actor: String, batch: Int) async throws(StoreError)
        -> (count: Int, last: Date?)

    /// Checks the store and describes what it found. Changes nothing.
    func findings() async throws(StoreError) -> [StoreFinding]

    /// Reseals every token under a new key while the store stays in use. After an interruption, the next run continues.
    ///
    /// Throws ``StoreError/Kind-swift.enum/unavailable`` while another process rotates keys, and
    /// ``StoreError/Kind-swift.enum/key`` if the new key has to be provided first.
    ///
    /// - Parameters:
    ///   - keepsOldKeys: Whether old keys stay in the key file, for other stores that use them.
    ///   - report: Called after each batch.
    func rotateKeys(
        by actor: String, keepsOldKeys: Bool, report: @Sendable (KeyRotationProgress) -> Void
    ) async throws(StoreError) -> KeyRotationProgress
}

extension StoreMaintenance {
    /// The default for stores without a log: it is always empty.
    public func checkpoint() -> Bool { true }
}

/// A result of a store check, and what to do about it.
public struct StoreFinding: Hashable, Sendable, Encodable {
    public enum Verdict: String, Sendable, Hashable, Codable {
        case good
        /// Informational.
        case note
        case bad
    }

    /// What was checked, in a word or two.
    public var subject: String
    public var verdict: Verdict
    public var text: String

    /// What to do. `nil` if nothing.
    public var remedy: String?

    public init(_ verdict: Verdict, _ subject: String, _ text: String, remedy: String? = nil) {
        self.subject = subject
        self.verdict = verdict
        self.text = text
        self.remedy = remedy
    }
}

public struct KeyRotationProgress: Hashable, Sendable {
    /// Sessions that this run has resealed.
    public var resealed = 0

    /// Sessions that no key opens. They and all keys that may have sealed them are left alone.
    public var unopenable = 0

    /// Whether this run created the new key. Otherwise, it continued an earlier rotation.
    public var isKeyNew = false

    /// Whether only the new key is needed from now on.
    public var isComplete = false

    public init() {}
}

/// A session to store, with its tokens and its first journal entry.
public struct NewSession: Sendable {
    public var session: VisitorSession
    public var tokens: Tokens
    public var entry: JournalEntry.Draft

    public init(_ session: VisitorSession, tokens: Tokens, entry: JournalEntry.Draft) {
        self.session = session
        self.tokens = tokens
        self.entry = entry
    }

    /// The token that identifies it: its refresh token, or its access token if it has no refresh token.
    package var token: Secret? {
        tokens.refreshToken?.value ?? tokens.accessToken?.value
    }
}

/// The result for one of many new sessions.
public enum Insertion: Hashable, Sendable {
    /// Stored, with its first version.
    case stored
    /// Not stored: this session holds or held its token.
    case duplicate(SessionID)
    /// Not stored: another session has its ID.
    case idConflict
}

/// How long unused data is kept.
public struct Retention: Hashable, Sendable {
    /// How long after it was discarded a session can still be restored.
    public var gracePeriod: Duration

    /// The maximum age of a journal entry.
    public var journalAge: Duration

    /// The maximum number of journal entries.
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

/// The result of one purge.
public struct PurgeResult: Hashable, Sendable {
    public var purgedSessions: Int
    public var trimmedEntries: Int

    /// Whether another purge would find more to do right away.
    public var isMoreLeft: Bool

    public init(purgedSessions: Int = 0, trimmedEntries: Int = 0, isMoreLeft: Bool = false) {
        self.purgedSessions = purgedSessions
        self.trimmedEntries = trimmedEntries
        self.isMoreLeft = isMoreLeft
    }
}

/// The exclusive right to maintain a store, held by one process until its deadline.
package struct MaintenanceLock: Hashable, Sendable {
    /// How long a lock lasts unless its holder renews it.
    package static let duration = Duration.seconds(60)

    package let holder: String

    /// When it expires, by the store's clock.
    package let deadline: Date

    package init(holder: String, deadline: Date) {
        self.holder = holder
        self.deadline = deadline
    }

    package init(by holder: String, at now: Date) {
        self.init(holder: holder, deadline: now + Self.duration)
    }

    /// Whether the lock prevents `other` from maintaining the store at `now`. A deadline too far ahead comes from a
    /// clock that has been set back since, and is ignored.
    package func blocks(_ other: String, at now: Date) -> Bool {
        holder != other && deadline > now && deadline <= now + Self.duration
    }
}
