import Foundation
import GRDB
import SessionSQL
import VisitorSessions

/// What an opener found.
struct OpenedStore {
    let database: StoreDatabase
    let ring: SealingKeyRing

    /// What ``StoreDatabase/version(_:)`` said at first.
    let version: StoreVersion
}

/// Opens a store's database, and makes it first where there is none: every decision on whether a file is ours to
/// open is here.
///
/// A new database is made whole under another name and then linked to its own. So no one ever sees half a store,
/// and of several first openers, in whichever processes, one makes it and all open it.
struct StoreOpener {
    let url: URL
    let source: SealingKeySource
    let readOnly: Bool

    /// How long a statement waits for another connection's lock.
    let busyTimeout: Duration

    /// The maximum number of concurrent reads.
    var concurrentReads = 3

    private var folder: StoreFolder { StoreFolder(url: url) }

    func open() throws(StoreError) -> OpenedStore {
        if try DatabaseHeader(of: url) == nil {
            guard !readOnly else {
                throw StoreError(
                    .unusable, "There is no store at \(url.path), and a read-only look does not make one.")
            }
            try make()
        }
        let (connections, ring) = try connect()
        let data = try StoreError.mapping(at: url) {
            try connections.watching.writeWithoutTransaction { try StoreDatabase.dataVersion($0) }
        }
        let database = StoreDatabase(connections, at: url, isReadOnly: readOnly) { () throws(StoreError) in
            try connect().connections
        }
        return OpenedStore(
            database: database, ring: ring, version: StoreVersion(file: connections.file, data: data))
    }

    /// Connects to the database that is there.
    private func connect() throws(StoreError) -> (connections: StoreConnections, ring: SealingKeyRing) {
        guard let file = FileIdentity(at: url.path), let header = try DatabaseHeader(of: url) else {
            throw StoreDatabase.gone(url)
        }
        try refuseForeign(header)
        return try StoreError.mapping(at: url) {
            let (reader, unchanging) = try openReader()
            // A connection that can't write, whatever the method is called.
            let (version, keyID) = try reader.writeWithoutTransaction { db in
                try (Schema.version(db, at: url), Schema.keyID(db, at: url))
            }
            let ring = try source.ring(sealingWith: keyID, at: url.path)
            let writer = try openWriter(of: version, isUnchanging: unchanging != nil)
            let connections = StoreConnections(
                reader: reader, writer: writer, file: file, log: FileIdentity(at: folder.logPath),
                unchanging: unchanging)
            return (connections, ring)
        }
    }

    /// Opens the database for reading; where SQLite can't put its files beside it, as one that doesn't change.
    private func openReader() throws -> (any DatabaseWriter, unchanging: FileStamp?) {
        do {
            let reader = try reader(path: url.path)
            // SQLite opens the companion files at the first statement.
            _ = try reader.writeWithoutTransaction { try StoreDatabase.dataVersion($0) }
            return (reader, nil)
        } catch let error as DatabaseError where StoreError.isOfFiles(error) {
            let cause = StoreError(sqlite: error, at: url)
            guard cause.kind == .readOnly || cause.kind == .full else { throw cause }
            if let log = folder.log { throw unreadable(log, cause) }
            let stamp = FileStamp(at: url.path)
            return (try reader(path: folder.unchangingPath), stamp)
        }
    }

    /// A pool has a connection of its own beside its readers: one read at a time needs only that one.
    private func reader(path: String) throws -> any DatabaseWriter {
        let configuration = configuration(readOnly: true)
        return concurrentReads > 1
            ? try DatabasePool(path: path, configuration: configuration)
            : try DatabaseQueue(path: path, configuration: configuration)
    }

    /// A log can be read only with its index, which SQLite makes if it is missing.
    private func unreadable(_ log: String, _ cause: StoreError) -> StoreError {
        return StoreError(
            cause.kind,
            "The last changes of the store \(url.path) are in \(log). To read them SQLite needs \(folder.indexName), which can't be "
                + "opened or made. \(cause.message)", detail: cause.detail)
    }

    /// Opens the database for writing, or says why that can't be done: reading goes on without it.
    private func openWriter(of version: Int32, isUnchanging: Bool) throws -> Result<StoreWriter, StoreError> {
        let refusal: StoreError
        if readOnly {
            refusal = StoreError(.readOnly, "The store is open for reading only. Nothing was changed.")
        } else if let obstacle = folder.fileObstacle, obstacle.isForbidden {
            refusal = StoreError(.readOnly, "The store \(url.path) can't be written: \(obstacle.reason).")
        } else if isUnchanging {
            refusal =
                (folder.folderObstacle ?? .shortage).map { StoreError($0, atFolderOf: url) }
                ?? StoreError(.unavailable, "The store \(url.path) could not be opened for writing. Try again.")
        } else {
            do {
                return .success(try openWriter(of: version))
            } catch let error as DatabaseError where StoreError.isOfFiles(error) {
                refusal = StoreError(sqlite: error, at: url)
            }
        }
        guard version == Schema.currentVersion else { throw readOnly ? Schema.older(url) : refusal }
        return .failure(refusal)
    }

    private func openWriter(of version: Int32) throws -> StoreWriter {
        folder.tighten()
        let turn = WriteTurn(in: url.deletingLastPathComponent(), timeout: busyTimeout)
        let queue = try DatabaseQueue(path: folder.existingPath, configuration: configuration(readOnly: false, turn))
        try queue.inDatabase { db in
            // A copy that another tool made may have come back in another mode.
            try db.execute(sql: "PRAGMA journal_mode = WAL; PRAGMA synchronous = FULL")
        }
        try Schema.migrate(queue, from: version)
        return StoreWriter(queue: queue, turn: turn)
    }

    private func refuseForeign(_ header: DatabaseHeader) throws(StoreError) {
        guard header.applicationID == Schema.applicationID else { throw Schema.foreign(url) }
        guard header.schemaVersion <= Schema.currentVersion else { throw Schema.newer(url) }
    }

    /// Makes the database, unless another process has made it since it was missing.
    func make() throws(StoreError) {
        let companions = folder.companions
        if !companions.isEmpty {
            // Another process has made the store meanwhile: they are its own.
            if FileIdentity(at: url.path) != nil { return }
            throw Self.leftover(companions, at: url)
        }
        let key = try source.existingOrNew().sealing
        do {
            try folder.make()
            let draft = try folder.makeDraft()
            defer { folder.remove(draft) }
            let database = try DatabaseQueue(path: draft.path, configuration: configuration(readOnly: false))
            // The last write makes all of them durable.
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
            "The store \(url.path) is missing, but \(names) beside it may hold its last changes. Put the store back, or "
                + "move \(companions.count == 1 ? "that file" : "those files") away to start with an empty one.")
    }

    private func configuration(readOnly: Bool, _ turn: WriteTurn? = nil) -> Configuration {
        var configuration = Configuration()
        configuration.label = readOnly ? "session-inspector.store.read" : "session-inspector.store.write"
        configuration.readonly = readOnly
        configuration.busyMode =
            if let turn { .callback { turn.wait(after: $0) } } else { .timeout(busyTimeout.inSeconds) }
        configuration.maximumReaderCount = concurrentReads
        // What is read again soon is in the system's cache: three of SQLite's own, of two megabytes each, are no faster.
        // What a statement would have to undo would otherwise go to a file, page by page, and each has a few.
        configuration.prepareDatabase { db in
            try db.execute(sql: "PRAGMA cache_size = -512; PRAGMA temp_store = MEMORY")
        }
        return configuration
    }
}
