public import struct Foundation.Date

/// Maintenance of a whole store: what the `import`, `doctor` and `keys` commands and the scheduler's purging need.
///
/// Nothing here is on the path of a visitor's request. Purging and key rotation run in one process at a time, under a
/// lock in the store that expires after a minute without renewal.
public protocol StoreMaintenance: Sendable {
    /// Whether the store was opened read-only, or this user can't write to it.
    var isReadOnly: Bool { get }

    /// Stores those of many sessions that are new to the store, each with its entry, in batches that let other writers
    /// in. Returns the result for each session, in order.
    ///
    /// A session is new if no stored session, and none earlier in `sessions`, holds or held its token (the refresh
    /// token, or the access token if there is no other), according to the journal's fingerprints.
    ///
    /// Throws ``StoreError/Kind-swift.enum/invalidLabel`` if a label has control characters.
    ///
    /// May return results for a prefix (at least one) if a later write fails: the rest isn't stored and can be passed
    /// again. If this throws, nothing is stored.
    func insert(new sessions: [NewSession]) async throws(StoreError) -> [Insertion]

    /// Starts to store about `count` new sessions as a whole. `nil`: ``insert(new:)`` does it as well, for example because
    /// they are few, or because other processes use the store.
    func bulkImport(of count: Int) async throws(StoreError) -> (any BulkImport)?

    /// Moves what a bulk insertion left in the store's log, if any, to its final place. Returns whether the log is
    /// empty; if readers still need it, nothing is lost.
    @discardableResult
    func checkpoint() async throws(StoreError) -> Bool

    /// Deletes sessions whose grace period has expired, with their tokens, and writes an entry for each. Trims the
    /// journal. At most `batch` of either, by the store's clock, in one short write.
    ///
    /// Leased and damaged sessions stay. `nil`: another process holds the maintenance lock (for 60 s).
    func purge(_ retention: Retention, by actor: String, batch: Int) async throws(StoreError) -> PurgeResult?

    /// Adds an entry for each session whose access token expired after `start` and until `now`, at most `batch`, in one short
    /// write. Discarded and damaged sessions have none.
    ///
    /// An expiry is recorded once, however many processes call this: not if the newest entry about the session's tokens
    /// records it.
    ///
    /// - Returns: How many there were, and when the last of them expired, the others having expired before.
    func recordExpiries(after start: Date, until now: Date, by actor: String, batch: Int) async throws(StoreError)
        -> (count: Int, last: Date?)

    /// Checks the store and describes what it found. Changes nothing.
    func findings() async throws(StoreError) -> [StoreFinding]

    /// Reseals every token under a new key while the store stays in use. After an interruption the next run continues.
    ///
    /// Throws ``StoreError/Kind-swift.enum/unavailable`` while another process rotates, and
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
    /// There is no log.
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

    /// The token that identifies it: its refresh token, or its access token if there is no other.
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
    /// How long a discarded session can be restored.
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
