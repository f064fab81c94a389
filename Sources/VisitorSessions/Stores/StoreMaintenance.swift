package import struct Foundation.Date

/// The care of a store as a whole: what the `import`, `doctor` and `keys` commands and the scheduler's purging need.
///
/// Nothing here is on the path of a visitor's request. Purging and key rotation run in one process at a time, under a lock
/// in the store that its holder loses after a minute of silence.
public protocol StoreMaintenance: Sendable {
    /// Whether the store was opened for reading only, or this user can't write to it.
    var isReadOnly: Bool { get }

    /// Stores those of many sessions that are new to the store, each with its entry, in batches that leave other writers
    /// room. Returns what happened to each of them, in order.
    ///
    /// A session is new if no session in use, discarded, or earlier in `sessions` holds or held its token (the refresh
    /// token, or the access token if there is no other), according to the journal's fingerprints.
    ///
    /// Throws ``StoreError/Kind-swift.enum/invalidLabel`` if a label has control characters.
    ///
    /// May return results for a prefix (at least one) if a later write fails: the rest isn't stored, and can be passed
    /// again. If this throws, nothing is stored.
    func insert(new sessions: [NewSession]) async throws(StoreError) -> [Insertion]

    /// Moves what a bulk insertion left in a log to its final place, if the store keeps a log. Returns whether the log is
    /// empty: readers may still need it, and nothing is lost then.
    @discardableResult
    func checkpoint() async throws(StoreError) -> Bool

    /// Deletes sessions that were discarded longer ago than the grace period, with their tokens and an entry each, and
    /// trims the journal: at most `batch` of either, by the store's clock, in one short write.
    ///
    /// Sessions under a lease and damaged ones stay. `nil`: another process holds the maintenance lock (for 60 s).
    func purge(_ retention: Retention, by actor: String, batch: Int) async throws(StoreError) -> PurgeResult?

    /// Checks the store, and says what it found, in words for a person. Changes nothing.
    func findings() async throws(StoreError) -> [StoreFinding]

    /// Seals every token under a new key while the store stays in use. Interrupted anywhere, the next run continues.
    ///
    /// Throws ``StoreError/Kind-swift.enum/unavailable`` while another process rotates, and
    /// ``StoreError/Kind-swift.enum/key`` if the new key has to be given first.
    ///
    /// - Parameters:
    ///   - keepsOldKeys: Whether old keys stay in the key file, for other stores that are sealed with them.
    ///   - report: Is called after each batch.
    func rotateKeys(
        by actor: String, keepsOldKeys: Bool, report: @Sendable (KeyRotationProgress) -> Void
    ) async throws(StoreError) -> KeyRotationProgress
}

extension StoreMaintenance {
    /// There is no log.
    public func checkpoint() -> Bool { true }
}

/// Something that a check of a store found, and what to do about it.
public struct StoreFinding: Hashable, Sendable {
    public enum Verdict: String, Sendable, Hashable, Codable {
        case good
        /// Worth knowing, and nothing wrong.
        case note
        case bad
    }

    /// What was looked at, in a word or two.
    public var subject: String
    public var verdict: Verdict
    public var text: String

    /// What to do about it. `nil` if there is nothing to do.
    public var remedy: String?

    public init(_ verdict: Verdict, _ subject: String, _ text: String, remedy: String? = nil) {
        self.subject = subject
        self.verdict = verdict
        self.text = text
        self.remedy = remedy
    }
}

/// What a key rotation has done so far.
public struct KeyRotationProgress: Hashable, Sendable {
    /// Sessions that this run has sealed under the new key.
    public var resealed = 0

    /// Sessions that no key opens. They are left as they are, and so is every key that may have sealed them.
    public var unopenable = 0

    /// Whether only the new key is needed from now on.
    public var isComplete = false

    public init() {}
}

/// A session that is to be stored among many, with its tokens and what the journal is to say of it.
public struct NewSession: Sendable {
    public var session: VisitorSession
    public var tokens: Tokens
    public var entry: JournalEntry.Draft

    public init(_ session: VisitorSession, tokens: Tokens, entry: JournalEntry.Draft) {
        self.session = session
        self.tokens = tokens
        self.entry = entry
    }

    /// What it is known by: its refresh token, or its access token where it has no other. `nil`: it has none.
    package var token: Secret? {
        tokens.refreshToken?.value ?? tokens.accessToken?.value
    }
}

/// What became of one of many new sessions.
public enum Insertion: Hashable, Sendable {
    /// It is stored, with its first version.
    case stored
    /// It is not stored: this session holds its token, or held it.
    case duplicate(SessionID)
    /// It is not stored: another session has its ID.
    case idConflict
}

/// How long what is no longer in use is kept.
public struct Retention: Hashable, Sendable {
    /// How long a discarded session can be taken back.
    public var gracePeriod: Duration

    /// How old an entry of the journal may get.
    public var journalAge: Duration

    /// How many of the newest entries stay at most.
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

/// What one maintenanceLock up has done.
public struct PurgeResult: Hashable, Sendable {
    public var purgedSessions: Int
    public var trimmedEntries: Int

    /// Whether another one would find more to do at once.
    public var isMoreLeft: Bool

    public init(purgedSessions: Int = 0, trimmedEntries: Int = 0, isMoreLeft: Bool = false) {
        self.purgedSessions = purgedSessions
        self.trimmedEntries = trimmedEntries
        self.isMoreLeft = isMoreLeft
    }
}

/// The right to do a chore of a store, held by one process, so that of many that would do it one does.
package struct MaintenanceLock: Hashable, Sendable {
    /// How long a claim lasts that its holder does not renew.
    package static let duration = Duration.seconds(60)

    package let holder: String

    /// Until when, by the store's clock.
    package let deadline: Date

    package init(holder: String, deadline: Date) {
        self.holder = holder
        self.deadline = deadline
    }

    package init(by holder: String, at now: Date) {
        self.init(holder: holder, deadline: now + Self.duration)
    }

    /// Whether it keeps `other` from the chore at `now`. A deadline further ahead than claims last comes from a
    /// clock that has been set back since, and keeps nobody.
    package func blocks(_ other: String, at now: Date) -> Bool {
        holder != other && deadline > now && deadline <= now + Self.duration
    }
}
