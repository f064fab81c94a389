import Foundation
import GRDB
import SessionSQL
import VisitorSessions

struct OpenedStore {
    let database: StoreDatabase
    let ring: SealingKeyRing

    /// The version when it was opened.
    let version: StoreVersion
}

/// Opens a store's database, creating it if it is missing. Decides whether a file is a store that may be opened.
///
/// A new database is completed under another name and then linked to its own, so no process sees half a store, and if
/// several open it first, one creates it and all open it.
struct StoreOpener {
    let url: URL
    let source: SealingKeySource
    let readOnly: Bool

    let busyTimeout: Duration

    var concurrentReads = 3

    private var folder: StoreFolder { StoreFolder(url: url) }

    func open() throws(StoreError) -> OpenedStore {
        if try DatabaseHeader(of: url) == nil {
            guard !readOnly else {
                throw StoreError(
                    .unusable, "No store at \(url.path). Run without --read-only to create it.")
            }
            try create()
        }
        let (connections, ring) = try connect()
        let data = try StoreError.mapping(at: url) {
            try connections.versionConnection.writeWithoutTransaction { try StoreDatabase.dataVersion($0) }
        }
        let database = StoreDatabase(connections, at: url, isReadOnly: readOnly) { () throws(StoreError) in
            try connect().connections
        }
        return OpenedStore(
            database: database, ring: ring, version: StoreVersion(file: connections.file, data: data))
    }

    private func connect() throws(StoreError) -> (connections: StoreConnections, ring: SealingKeyRing) {
        while true {
            guard let file = FileIdentity(at: url.path) else { throw StoreDatabase.missing(url) }
            do {
                return try connect(to: file)
            } catch {
                // A large import may have replaced the file meanwhile.
                guard let current = FileIdentity(at: url.path), current != file else { throw error }
            }
        }
    }

    private func connect(
        to file: FileIdentity
    ) throws(StoreError) -> (connections: StoreConnections, ring: SealingKeyRing) {
        guard let header = try DatabaseHeader(of: url) else { throw StoreDatabase.missing(url) }
        try refuseForeign(header)
        return try StoreError.mapping(at: url) {
            let (reader, immutableStamp) = try openReader()
            // A read-only connection, despite the method's name.
            let (version, keyID) = try reader.writeWithoutTransaction { db in
                try (Schema.version(db, at: url), Schema.keyID(db, at: url))
            }
            let ring = try source.ring(sealingWith: keyID, at: url.path)
            // If the file has been replaced, SQLite would place its log beside the new file.
            guard FileIdentity(at: url.path) == file else { throw StoreDatabase.missing(url) }
            let writer = try openWriter(of: version, isImmutable: immutableStamp != nil)
            let connections = StoreConnections(
                reader: reader, writer: writer, file: file, log: FileIdentity(at: folder.logPath),
                immutableStamp: immutableStamp)
            return (connections, ring)
        }
    }

    /// Opens the database for reading; as immutable if SQLite can't create its companion files.
    private func openReader() throws -> (any DatabaseWriter, immutableStamp: FileStamp?) {
        do {
            return try openReaderOnce()
        } catch let error as StoreError where error.kind == .full && folder.log != nil && !readOnly {
            // A process that ends while it closes the store can leave a log without its index.
            guard applyLog() else { throw error }
            return try openReaderOnce()
        }
    }

    private func openReaderOnce() throws -> (any DatabaseWriter, immutableStamp: FileStamp?) {
        do {
            let reader = try reader(path: url.path)
            // SQLite opens the companion files with the first statement.
            _ = try reader.writeWithoutTransaction { try StoreDatabase.dataVersion($0) }
            return (reader, nil)
        } catch let error as DatabaseError where StoreError.isFileError(error) {
            let cause = StoreError(sqlite: error, at: url)
            guard cause.kind == .readOnly || cause.kind == .full else { throw cause }
            if let log = folder.log { throw unreadableLog(log, cause) }
            let stamp = FileStamp(at: url.path)
            return (try reader(path: folder.immutablePath), stamp)
        }
    }

    /// Writes the log's changes to the database and deletes the log. Returns `false` if that fails, for example because
    /// another process has the store open.
    ///
    /// A connection that locks the whole database keeps the log's index in memory, so this works on a full disk.
    private func applyLog() -> Bool {
        var configuration = Configuration()
        // Set before anything is read, because reading would need the index.
        configuration.prepareDatabase { try $0.execute(sql: "PRAGMA locking_mode = EXCLUSIVE") }
        do {
            let database = try DatabaseQueue(path: folder.existingPath, configuration: configuration)
            try database.writeWithoutTransaction { try $0.execute(sql: "PRAGMA wal_checkpoint(TRUNCATE)") }
            try database.close()
        } catch {
            return false
        }
        return folder.log == nil
    }

    /// A pool opens one connection in addition to its readers; a single reader doesn't need it.
    private func reader(path: String) throws -> any DatabaseWriter {
        let configuration = configuration(readOnly: true)
        return concurrentReads > 1
            ? try DatabasePool(path: path, configuration: configuration)
            : try DatabaseQueue(path: path, configuration: configuration)
    }

    /// A log can be read only with its index, which SQLite creates if it is missing.
    private func unreadableLog(_ log: String, _ cause: StoreError) -> StoreError {
        StoreError(
            cause.kind,
            "The latest changes to the store \(url.path) are in \(log). To read them, SQLite needs \(folder.indexName), "
                + "which can't be opened or created. \(cause.message)", detail: cause.detail)
    }

    /// Opens the database for writing, or returns why that fails: reading works without it.
    private func openWriter(of version: Int32, isImmutable: Bool) throws -> Result<StoreWriter, StoreError> {
        let writeError: StoreError
        if readOnly {
            writeError = StoreError(.readOnly, "The store is open read-only. Nothing was changed.")
        } else if let error = folder.fileError, error.isForbidden {
            writeError = StoreError(.readOnly, "The store \(url.path) isn't writable: \(error.reason).")
        } else if isImmutable {
            writeError =
                (folder.folderError ?? .shortage).map { StoreError($0, atFolderOf: url) }
                ?? StoreError(.unavailable, "The store \(url.path) couldn't be opened for writing. Try again.")
        } else {
            do {
                return .success(try openWriter(of: version))
            } catch let error as DatabaseError where StoreError.isFileError(error) {
                writeError = StoreError(sqlite: error, at: url)
            }
        }
        guard version == Schema.currentVersion else { throw readOnly ? Schema.older(url) : writeError }
        return .failure(writeError)
    }

    private func openWriter(of version: Int32) throws -> StoreWriter {
        folder.tighten()
        let turn = WriteTurn(in: url.deletingLastPathComponent(), timeout: busyTimeout)
        let queue = try DatabaseQueue(path: folder.existingPath, configuration: configuration(readOnly: false, turn))
        try queue.inDatabase { db in
            // A copy made by another tool may have another mode.
            try db.execute(sql: "PRAGMA journal_mode = WAL; PRAGMA synchronous = FULL")
        }
        try Schema.migrate(queue, from: version)
        return StoreWriter(queue: queue, turn: turn)
    }

    private func refuseForeign(_ header: DatabaseHeader) throws(StoreError) {
        guard header.applicationID == Schema.applicationID else { throw Schema.foreign(url) }
        guard header.schemaVersion <= Schema.currentVersion else { throw Schema.newer(url) }
    }

    /// Creates the database unless another process has done so.
    func create() throws(StoreError) {
        let companions = folder.companions
        if !companions.isEmpty {
            // Another process has created the store meanwhile, and they belong to it.
            if FileIdentity(at: url.path) != nil { return }
            throw Self.leftover(companions, at: url)
        }
        let key = try source.existingOrCreated().sealing
        do {
            try folder.create()
            let draft = try folder.createDraft()
            defer { folder.remove(draft) }
            let database = try DatabaseQueue(path: draft.path, configuration: configuration(readOnly: false))
            // The last write makes everything durable.
            try database.inDatabase { try $0.execute(sql: "PRAGMA synchronous = OFF") }
            try Schema.migrate(database, from: 0)
            try database.inDatabase { db in
                try db.execute(sql: "PRAGMA synchronous = FULL")
                try db.record(keyID: key.id)
                try db.execute(sql: "PRAGMA journal_mode = WAL")
            }
            try database.close()
            try folder.adopt(draft)
        } catch let error as FileError where !error.isFull && !error.isForbidden && !error.isOutOfDescriptors {
            throw StoreError(
                .uncreatable, "The store \(url.path) can't be created: \(error.reason).", detail: "\(error)")
        } catch let error as FileError {
            throw StoreError(error, atFolderOf: url)
        } catch {
            throw StoreError(sqlite: error, at: url)
        }
    }

    private static func leftover(_ companions: [String], at url: URL) -> StoreError {
        let names = companions.formatted(.list(type: .and).locale(Locale(identifier: "en_US_POSIX")))
        return StoreError(
            .unusable,
            "The store \(url.path) is missing, but \(names) beside it may hold its latest changes. Restore the store, or "
                + "move \(companions.count == 1 ? "that file" : "those files") away to start with an empty one.")
    }

    private func configuration(readOnly: Bool, _ turn: WriteTurn? = nil) -> Configuration {
        var configuration = Configuration()
        configuration.label = readOnly ? "session-inspector.store.read" : "session-inspector.store.write"
        configuration.readonly = readOnly
        configuration.busyMode =
            if let turn { .callback { turn.wait(after: $0) } } else { .timeout(busyTimeout.inSeconds) }
        configuration.maximumReaderCount = concurrentReads
        // Larger caches aren't faster, because the system caches the file. Undo data stays in memory: in a file, each
        // statement would write a few pages of it.
        configuration.prepareDatabase { db in
            try db.execute(sql: "PRAGMA cache_size = -512; PRAGMA temp_store = MEMORY")
        }
        return configuration
    }
}
