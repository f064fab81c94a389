import Foundation
import GRDB
import SessionSQL
import Synchronization
public import VisitorSessions

/// A large import that is built in a copy of the store: first all rows, and then each index in one go, from sorted
/// entries. The finished copy takes the store's place in one rename, so that a crash leaves the old store or the new
/// one.
///
/// If another process opens or changes the store meanwhile, the new sessions are inserted into it instead.
final class StoreBuild: BulkImport {
    /// Fewer sessions are inserted just as fast without a copy.
    private static let minimum = 2_000

    /// After how many sessions the counts are updated, while the next sessions are read and sealed.
    private static let counted = 32_000

    private struct State {
        /// The first 8 bytes of each known fingerprint.
        var fingerprints: Set<UInt64> = []

        /// The statements that recreate the dropped indexes and triggers.
        var dropped: [String] = []
        var notCounted = 0

        /// The last row that was copied.
        var lastCopied: Int64 = 0
    }

    private let store: SQLiteSessionStore
    private let file: BuildFile
    private let queue: DatabaseQueue
    private let seal: TokenSeal
    private let state: Mutex<State>

    /// The store's file before it was copied, with an empty log.
    private let stamp: FileStamp

    // MARK: Start

    /// `nil`: `count` is small compared with what is stored, or another process uses the store.
    static func start(of count: Int, in store: SQLiteSessionStore) async throws(StoreError) -> StoreBuild? {
        let stored = try await store.database.read { try $0.number("SELECT max(rowid) FROM session") ?? 0 }
        guard count >= max(minimum, Int(stored) / 2), store.database.writeError == nil,
            StoreFolder(url: store.url).isReplaceable, let stamp = try await store.fileStampIfAlone(),
            let file = try StoreError.mapping(at: store.url, StoreFolder(url: store.url).createBuildFile)
        else { return nil }
        let queue = try StoreError.mapping(at: store.url) {
            try DatabaseQueue(path: file.url.path, configuration: configuration)
        }
        try await store.database.copy(to: queue)
        let keyID = try await store.database.read { try $0.keyID() }
        let build = StoreBuild(store, file, queue, try store.keys.seal(naming: keyID), stamp)
        try await build.write { try build.prepare($0, &$1) }
        return build
    }

    private init(
        _ store: SQLiteSessionStore, _ file: BuildFile, _ queue: DatabaseQueue, _ seal: TokenSeal, _ stamp: FileStamp
    ) {
        self.store = store
        self.file = file
        self.queue = queue
        self.seal = seal
        self.stamp = stamp
        state = Mutex(State())
    }

    /// Nothing needs to be undone or durable before the end. The cache is for the indexes of IDs, which are filled in
    /// random order.
    private static var configuration: Configuration {
        var configuration = Configuration()
        configuration.label = "session-inspector.store.build"
        configuration.allowsUnsafeTransactions = true
        configuration.foreignKeysEnabled = false
        configuration.prepareDatabase { db in
            try db.execute(
                sql: """
                    PRAGMA locking_mode = EXCLUSIVE; PRAGMA journal_mode = OFF; PRAGMA synchronous = OFF;
                    PRAGMA temp_store = FILE; PRAGMA cache_size = -65536
                    """)
        }
        return configuration
    }

    private func prepare(_ db: Database, _ state: inout State) throws {
        // The copy is in WAL mode, like the store.
        try db.execute(sql: "PRAGMA journal_mode = OFF; BEGIN EXCLUSIVE")
        state.lastCopied = try db.number("SELECT max(rowid) FROM session") ?? 0
        try db.execute(sql: "INSERT INTO bulk VALUES (\(state.lastCopied))")
        let dropped = try Row.fetchAll(
            db, sql: "SELECT type, name, sql FROM sqlite_schema WHERE type IN ('index', 'trigger') AND sql IS NOT NULL")
        for row in dropped {
            let (type, name, sql): (String, String, String) = (row[0], row[1], row[2])
            try db.execute(sql: "DROP \(type) \(name.quotedDatabaseIdentifier)")
            state.dropped.append(sql)
        }
        let fingerprints = """
            SELECT refresh_fingerprint FROM tokens UNION ALL SELECT access_fingerprint FROM tokens
            UNION ALL SELECT fingerprint FROM journal
            """
        let known = try Data?.fetchCursor(db, sql: fingerprints)
        while let fingerprint = try known.next() {
            if let fingerprint { state.fingerprints.insert(fingerprint.leadingNumber) }
        }
    }

    // MARK: Sessions

    func add(_ sessions: [NewSession]) async throws(StoreError) -> [Bool] {
        for new in sessions { try new.session.requireValidLabel() }
        // Seals two halves in parallel, because sealing takes about as long as storing.
        let half = sessions.count / 2
        async let first = prepared(sessions[..<half])
        async let second = prepared(sessions[half...])
        let prepared = try await first.get() + second.get()
        return try await write { db, state in
            let insertion = try Insertion(db)
            var (rows, areAdded): ([(Int64, SearchIndex.Words)], [Bool]) = ([], [])
            for session in prepared {
                guard session.tokenFingerprints.allSatisfy({ !state.fingerprints.contains($0.bytes.leadingNumber) }),
                    let row = try insertion.insert(session)
                else {
                    areAdded.append(false)
                    continue
                }
                for fingerprint in session.fingerprints { state.fingerprints.insert(fingerprint.leadingNumber) }
                rows.append((row, session.words))
                areAdded.append(true)
            }
            try SearchIndex(db)?.add(rows)
            state.notCounted += rows.count
            if state.notCounted >= Self.counted { try Self.count(db, &state) }
            return areAdded
        }
    }

    private func prepared(_ sessions: ArraySlice<NewSession>) -> Result<[PreparedSession], StoreError> {
        Result { () throws(StoreError) in
            try StoreError.mapping(at: store.url) {
                let now = store.now()
                return try sessions.map { try PreparedSession($0, seal: seal, at: now) }
            }
        }
    }

    private struct Insertion {
        let db: Database
        let session, tokens, entry: Statement

        init(_ db: Database) throws {
            self.db = db
            session = try db.cachedStatement(sql: SessionValues.insertion(.sqlite) + " ON CONFLICT (id) DO NOTHING")
            tokens = try db.cachedStatement(sql: TokensRow.replacement(.sqlite))
            entry = try db.cachedStatement(sql: JournalRows.insertion)
        }

        /// Returns the number of its row. `nil`: its ID is taken.
        func insert(_ prepared: PreparedSession) throws -> Int64? {
            try session.run(prepared.session)
            guard db.changesCount == 1 else { return nil }
            let row = db.lastInsertedRowID
            try tokens.run(prepared.tokens)
            try entry.run(prepared.entry)
            return row
        }
    }

    /// Adds the rows after the one recorded in `bulk` to the counts.
    private static func count(_ db: Database, _ state: inout State) throws {
        try BulkMode.count(db)
        try db.run("UPDATE bulk SET last = (SELECT coalesce(max(rowid), 0) FROM session)")
        state.notCounted = 0
    }

    // MARK: Finish

    func finish(report: @escaping @Sendable (String) -> Void) async throws(StoreError) -> Set<SessionID> {
        let lastCopied = try await write { db, state in
            state.fingerprints = []
            report("Counting sessions")
            try Self.count(db, &state)
            // Each sorting thread takes this much memory. More wouldn't help, because sorting reads every page once.
            try db.execute(sql: "DELETE FROM bulk; PRAGMA cache_size = -8192; PRAGMA threads = 2")
            for (index, sql) in state.dropped.enumerated() {
                report("Building index \(index + 1) of \(state.dropped.count)")
                try db.execute(sql: sql)
            }
            report("Writing the file")
            try db.execute(sql: "COMMIT; PRAGMA journal_mode = WAL; PRAGMA locking_mode = NORMAL")
            return state.lastCopied
        }
        try StoreError.mapping(at: store.url) { try queue.close() }
        if try await store.replaceFile(by: file, ifUnchangedSince: stamp) { return [] }
        report("Inserting the sessions: another program is using the store")
        return try await insertAll(after: lastCopied)
    }

    /// Inserts the new sessions into the store, which has changed. Returns those that weren't inserted.
    private func insertAll(after lastCopied: Int64) async throws(StoreError) -> Set<SessionID> {
        let copy = try StoreError.mapping(at: store.url) { try DatabaseQueue(path: file.url.path) }
        var (last, left) = (lastCopied, Set<SessionID>())
        while true {
            let page = try StoreError.mapping(at: store.url) {
                try copy.read { [last] db in
                    let query: SQLText = "SELECT rowid, id FROM session WHERE rowid > \(last) ORDER BY rowid LIMIT 4000"
                    let rows = try db.rows(query) { (number: $0.number(0) ?? 0, id: $0.id(1)) }
                    let new = try rows.compactMap(\.id).compactMap { try NewSession(stored: $0, db, seal) }
                    return (end: rows.last?.number, new: new)
                }
            }
            guard let end = page.end else { return left }
            var new = page.new[...]
            while !new.isEmpty {
                let insertions = try await store.insert(new: Array(new))
                for (new, insertion) in zip(new, insertions) where insertion != .stored { left.insert(new.session.id) }
                new = new.dropFirst(insertions.count)
            }
            last = end
        }
    }

    // MARK: Database

    private func write<Value: Sendable>(
        _ body: @escaping @Sendable (Database, inout State) throws -> Value
    ) async throws(StoreError) -> Value {
        let result = await withCheckedContinuation {
            (continuation: CheckedContinuation<Result<Value, StoreError>, _>) in
            queue.asyncWriteWithoutTransaction { [self] db in
                continuation.resume(
                    returning: Result { () throws(StoreError) in
                        try StoreError.mapping(at: store.url) { try state.withLock { try body(db, &$0) } }
                    })
            }
        }
        return try result.get()
    }
}

extension NewSession {
    /// A session in the copy, as it was before it was inserted.
    fileprivate init?(stored id: SessionID, _ db: Database, _ seal: TokenSeal) throws {
        guard
            let opened = try db.first(
                Dialect.sqlite.opened(id),
                { row in
                    try seal.rows(.sqlite).session(row).map { session in
                        let first = row.count - 1 - TokensRow.columnCount
                        return (session, try TokensRow(seal: seal).tokens(row, from: first, of: id))
                    }
                }),
            let entry = try db.rows(JournalRows.newest(1, of: id, .sqlite), upTo: 1, JournalRows.entry).first
        else { return nil }
        var session = opened.0
        session.version -= 1
        self.init(session, tokens: opened.1, entry: entry.draft)
    }
}

extension Data {
    /// The first 8 bytes.
    fileprivate var leadingNumber: UInt64 { prefix(8).reduce(0) { $0 << 8 | UInt64($1) } }
}

extension SQLiteSessionStore {
    public func bulkImport(of count: Int) async throws(StoreError) -> (any BulkImport)? {
        try await StoreBuild.start(of: count, in: self)
    }

    /// Empties the log and returns the stamp of the store's file. `nil`: another process has it open.
    fileprivate func fileStampIfAlone() async throws(StoreError) -> FileStamp? {
        try await database.alone { [url] db in
            try db.execute(sql: "PRAGMA wal_checkpoint(TRUNCATE)")
            return FileStamp(at: url.path)
        }.flatMap(\.self)
    }

    /// Returns `false` if another process has the store open, or has changed it.
    fileprivate func replaceFile(
        by file: BuildFile, ifUnchangedSince stamp: FileStamp
    ) async throws(StoreError) -> Bool {
        let folder = StoreFolder(url: url)
        let isReplaced = try await database.alone { [url] db in
            guard FileStamp(at: url.path) == stamp, folder.log == nil else { return false }
            // Removes the log, which SQLite would apply to any file with this name.
            try db.execute(sql: "PRAGMA journal_mode = MEMORY")
            try file.replaceStore()
            // A process that has just opened the old file sees that it isn't the store any more.
            try db.execute(sql: "PRAGMA application_id = 0")
            return true
        }
        return isReplaced ?? false
    }
}
