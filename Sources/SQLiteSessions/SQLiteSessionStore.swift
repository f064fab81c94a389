public import Foundation
import GRDB
@_exported public import SessionSQL  // Lets clients use SQLStore's members without importing SessionSQL.
import Synchronization
public import VisitorSessions

/// Sessions in an SQLite database, shared by any number of processes of one host.
///
/// Dates are stored in whole milliseconds. This host's wall clock decides leases. Tokens are sealed with the key that
/// the database names; during a key rotation, older keys open the rows that aren't re-sealed yet.
public final class SQLiteSessionStore: SQLStore {
    let database: StoreDatabase
    public let sql: SQLSessions
    let now: @Sendable () -> Date

    let url: URL
    private let signal = ChangeSignal()
    private let watch: Mutex<ChangeWatch?> = Mutex(nil)

    /// The version seen by the last watch, where the next one continues.
    private let version: Mutex<StoreVersion>

    var keys: StoreKeys { sql.keys }

    // MARK: Opening

    /// Opens the store at `url`, creating it, its folder (0700) and its key if it is missing. Blocks for milliseconds;
    /// up to five seconds while another program has the database locked.
    ///
    /// Throws ``StoreError/Kind-swift.enum/key`` if `key` isn't the store's key, and
    /// ``StoreError/Kind-swift.enum/unusable`` if the file isn't a store or has a newer version. In either case nothing
    /// is written and no key is created.
    ///
    /// - Parameters:
    ///   - readOnly: The store isn't changed, but SQLite may create empty companion files for its locks.
    ///   - concurrentReads: 1 opens one connection fewer, which is faster for a program that reads once and exits.
    ///   - now: The store's clock.
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

    static func name(of url: URL, home: String = FileManager.default.homeDirectoryForCurrentUser.path) -> String {
        let path = url.path
        guard home.count > 1, path.hasPrefix(home + "/") else { return "sqlite \(path)" }
        return "sqlite ~\(path.dropFirst(home.count))"
    }

    var path: String { url.path }

    public var isReadOnly: Bool { database.writeError?.kind == .readOnly }

    // MARK: Changes

    public func changes() -> AsyncStream<Void> {
        signal.subscribe(
            whenFirst: { [weak self] in self?.startWatching() },
            whenLast: { [weak self] in self?.watch.withLock { $0 = nil } })
    }

    private func startWatching() {
        let newWatch = ChangeWatch(
            url: url, lastVersion: version.withLock { $0 },
            version: { [database] completion in database.version(completion) },
            changed: { [weak self] version in
                self?.version.withLock { $0 = version }
                self?.signal.send()
            })
        watch.withLock { $0 = newWatch }
    }

    // MARK: Lists

    func read<Value: Sendable>(
        _ body: @Sendable (Database, TokenSeal) throws -> Value
    ) async throws(StoreError) -> Value {
        try await database.read { [keys] db in try body(db, try keys.seal(naming: db.keyID())) }
    }

    public func page(_ query: SessionQuery) async throws(StoreError) -> [VisitorSession] {
        try await read { [clock = sql.clock] db, seal in
            try PageReading(query: query, rows: seal.rows(.sqlite), clock: clock).sessions(db)
        }
    }

    public func rank(
        of position: SessionPosition, in query: SessionQuery
    ) async throws(StoreError) -> SessionRank {
        try await read { [clock = sql.clock] db, seal in
            try RankQuery(position: position, query: query, keyIDs: seal.keyIDs, clock: clock).rank(db)
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
        // If others wait to write, a transaction inserts fewer: don't look up more than it is likely to insert.
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

    /// Inserts a prefix in one write, or all if no other process waits to write.
    private func insert(_ sessions: ArraySlice<PreparedSession>) async throws(StoreError) -> [Insertion] {
        try await database.write { [keys, now] db, turn in
            // Many rows touch pages all over the indexes; with a small cache each page is written many times.
            if sessions.count >= 1000 { try db.execute(sql: "PRAGMA cache_size = -131072") }
            let seal = try keys.seal(naming: db.keyID())
            let insertion = try BatchInsertion(db, seal: seal, at: now())
            return try BulkMode.insert(db) { try insertion.insert(sessions, until: { turn.hasWaiters }) }
        }
    }
}
