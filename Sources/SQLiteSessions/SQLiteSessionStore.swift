public import Foundation
import GRDB
@_exported public import SessionSQL  // Clients call what SQLStore gives the store without knowing of it.
import Synchronization
public import VisitorSessions

/// Sessions in an SQLite database that any number of processes of one host share.
///
/// Dates are kept in whole milliseconds. This host's wall clock judges leases. The tokens are sealed with the key whose ID
/// the database records; while keys rotate, older ones open what has not been sealed again.
public final class SQLiteSessionStore: SQLStore {
    let database: StoreDatabase
    public let sql: SQLSessions
    let now: @Sendable () -> Date

    let url: URL
    private let signal = ChangeSignal()
    private let watch: Mutex<ChangeWatch?> = Mutex(nil)

    /// What the last watch saw, so that the next one misses nothing in between.
    private let version: Mutex<StoreVersion>

    var keys: StoreKeys { sql.keys }

    // MARK: Opening

    /// Opens the store at `url`. If there is none, makes it, its folder (0700) and its key first. Blocks for some
    /// milliseconds, and up to five seconds while another program has the database to itself.
    ///
    /// Throws ``StoreError/Kind-swift.enum/key`` if the key that seals the store is not the one in `key`, and
    /// ``StoreError/Kind-swift.enum/unusable`` if the file is no store, or one of a newer version. In either case nothing
    /// is written, and no key is made.
    ///
    /// With `readOnly` nothing in the store changes, though SQLite may put empty files of its own beside it, by which
    /// readers and writers stay out of each other's way. With `concurrentReads` at 1 a connection less is opened, which
    /// is faster for a program that reads once and ends. `now` is the store's clock.
    public static func open(
        at url: URL, key: SealingKeySource, readOnly: Bool = false, concurrentReads: Int = 3,
        now: @escaping @Sendable () -> Date = { Date() }
    ) throws(StoreError) -> SQLiteSessionStore {
        let opener = StoreOpener(
            url: url, source: key, readOnly: readOnly, busyTimeout: .seconds(5), concurrentReads: concurrentReads)
        return try open(opener, now: now)
    }

    static func open(
        _ opener: StoreOpener, now: @escaping @Sendable () -> Date = { Date() }
    ) throws(StoreError) -> SQLiteSessionStore {
        let opened = try opener.open()
        return SQLiteSessionStore(opened, url: opener.url, source: opener.source, now: now)
    }

    private init(_ opened: OpenedStore, url: URL, source: SealingKeySource, now: @escaping @Sendable () -> Date) {
        database = opened.database
        sql = SQLSessions(
            opened.database, keys: StoreKeys(opened.ring, source: source, place: url.path),
            clock: StoreClock(given: now), signal: signal)
        version = Mutex(opened.version)
        self.url = url
        self.now = now
    }

    public var name: String { Self.name(of: url) }

    /// The kind of store, and its path with the home folder shortened.
    static func name(of url: URL, home: String = FileManager.default.homeDirectoryForCurrentUser.path) -> String {
        let path = url.path
        guard home.count > 1, path.hasPrefix(home + "/") else { return "sqlite \(path)" }
        return "sqlite ~\(path.dropFirst(home.count))"
    }

    var path: String { url.path }

    public var isReadOnly: Bool { database.refusal?.kind == .readOnly }

    // MARK: Changes

    public func changes() -> AsyncStream<Void> {
        signal.subscribe(
            whenFirst: { [weak self] in self?.startWatching() },
            whenLast: { [weak self] in self?.watch.withLock { $0 = nil } })
    }

    private func startWatching() {
        let known = version.withLock { $0 }
        let watching = ChangeWatch(
            url: url, known: known,
            version: { [database] handOver in database.version(handOver) },
            changed: { [weak self] version in
                self?.version.withLock { $0 = version }
                self?.signal.send()
            })
        watch.withLock { $0 = watching }
    }

    // MARK: Lists

    /// Reads in one snapshot, with the keys that it names.
    func read<Value: Sendable>(
        _ body: @Sendable (Database, TokenSeal) throws -> Value
    ) async throws(StoreError) -> Value {
        try await database.read { [keys] db in try body(db, try keys.seal(naming: db.keyID())) }
    }

    public func page(_ query: SessionQuery) async throws(StoreError) -> [VisitorSession] {
        try await read { db, seal in try PageReading(query: query, rows: seal.rows(.sqlite)).sessions(db) }
    }

    public func rank(
        of position: SessionPosition, in query: SessionQuery
    ) async throws(StoreError) -> SessionRank {
        try await read { db, seal in
            try RankQuery(position: position, query: query, keyIDs: seal.keyIDs).rank(db)
        }
    }

    public func counts(at now: Date, policy: SessionPolicy) async throws(StoreError) -> SessionCounts {
        let clock = sql.clock
        return try await read { db, seal in
            try CountsQuery(now: now, clock: clock, policy: policy, keyIDs: seal.keyIDs).counts(db)
        }
    }

    // MARK: Many sessions

    public func insert(new sessions: [NewSession]) async throws(StoreError) -> [Insertion] {
        for new in sessions { try new.session.requireValidLabel() }
        let (seal, moment) = (keys.seal, now())
        let prepared = try StoreError.mapping(at: url) {
            try sessions.map { try PreparedSession($0, seal: seal, at: moment) }
        }
        var insertions: [Insertion] = []
        defer { if insertions.contains(.stored) { signal.send() } }
        // If others wait to write, fewer are inserted in one transaction: no more are looked up than are likely to be.
        var share = sessions.count
        while insertions.count < sessions.count {
            do {
                let next = try await insert(prepared[insertions.count...].prefix(share))
                insertions += next
                share = 2 * next.count
            } catch {
                guard insertions.isEmpty else { break }
                throw error
            }
        }
        return insertions
    }

    /// In one write, the first of them, or all if no one else waits to write.
    private func insert(_ sessions: ArraySlice<PreparedSession>) async throws(StoreError) -> [Insertion] {
        try await database.write { [keys, now] db, turn in
            // The rows of many sessions are all over the indexes: with little memory each page is written many times.
            if sessions.count >= 1000 { try db.execute(sql: "PRAGMA cache_size = -131072") }
            let seal = try keys.seal(naming: db.keyID())
            let insertion = try BatchInsertion(db, seal: seal, at: now())
            return try BulkMode.insert(db) { try insertion.insert(sessions, until: { turn.isWanted }) }
        }
    }
}
