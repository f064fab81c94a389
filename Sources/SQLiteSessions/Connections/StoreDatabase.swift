import Dispatch
import Foundation
import GRDB
import SessionSQL
import Synchronization
import VisitorSessions

/// The database at a store's path, whichever file that is.
///
/// Every access first checks that the path still names the open file. If it names another one, that is opened; if it
/// names none, nothing is read or written, because writes to an unlinked file are lost.
///
/// Accesses run on their own queues, never on the cooperative pool.
final class StoreDatabase: SQLDatabase {
    let dialect = Dialect.sqlite
    private let url: URL
    private let connections: Mutex<StoreConnections>

    private let connect: @Sendable () throws(StoreError) -> StoreConnections
    private let opening = DispatchQueue(label: "session-inspector.store.open")

    private let isReadOnly: Bool

    init(
        _ connections: StoreConnections, at url: URL, isReadOnly: Bool,
        connect: @escaping @Sendable () throws(StoreError) -> StoreConnections
    ) {
        self.url = url
        self.connections = Mutex(connections)
        self.connect = connect
        self.isReadOnly = isReadOnly
    }

    /// Why the store can't be written. `nil`: it can, as far as known.
    var writeError: StoreError? {
        if case .failure(let writeError) = connections.withLock({ $0.writer }) { writeError } else { nil }
    }

    /// Connections to the file that the path currently names.
    private func current() async throws(StoreError) -> StoreConnections {
        let known = connections.withLock { $0 }
        return known.areCurrent(at: url) ? known : try await connections { $0.areCurrent(at: $1) }
    }

    /// Reopens the connections unless they satisfy `isGood`; one caller at a time.
    private func connections(
        unless isGood: @escaping @Sendable (StoreConnections, URL) -> Bool
    ) async throws(StoreError) -> StoreConnections {
        let result = await withCheckedContinuation { (continuation: CheckedContinuation<Result<_, StoreError>, _>) in
            opening.async { [self] in
                continuation.resume(returning: Result { () throws(StoreError) in try reconnect(unless: isGood) })
            }
        }
        return try result.get()
    }

    private func reconnect(
        unless isGood: (StoreConnections, URL) -> Bool
    ) throws(StoreError) -> StoreConnections {
        let known = connections.withLock { $0 }
        guard let file = FileIdentity(at: url.path) else { throw Self.missing(url) }
        guard !isGood(known, url) else { return known }
        if file != known.file, let log = known.log, FileIdentity(at: StoreFolder(url: url).logPath) == log {
            throw Self.replaced(url)
        }
        let new = try connect()
        connections.withLock { $0 = new }
        known.retainForever()
        return new
    }

    static func missing(_ url: URL) -> StoreError {
        StoreError(
            .unavailable,
            "The store \(url.path) was moved or deleted while open. Nothing was changed. Restore it; to start with an "
                + "empty one, move its -wal and -shm files away and restart.")
    }

    /// SQLite would apply the previous database's log to the new one.
    private static func replaced(_ url: URL) -> StoreError {
        StoreError(
            .unavailable,
            "The file at \(url.path) was replaced, but the previous store's log is still beside it. Nothing was changed. "
                + "Restore that store, or move the -wal and -shm files away.")
    }

    private func writer() async throws(StoreError) -> (StoreWriter, FileIdentity) {
        var connections = try await current()
        if case .failure = connections.writer, !isReadOnly, StoreFolder(url: url).folderError == nil {
            // The cause has gone, for example because the disk has space again.
            connections = try await self.connections { known, _ in
                if case .success = known.writer { true } else { false }
            }
        }
        return (try connections.writer.get(), connections.file)
    }

    /// Reads in one snapshot. Cancelling the task interrupts a running statement.
    func read<Value: Sendable>(_ body: @Sendable (Database) throws -> Value) async throws(StoreError) -> Value {
        let reader = try await current().reader
        do {
            return try await reader.read(body)
        } catch {
            throw StoreError(sqlite: error, at: url)
        }
    }

    /// Writes in one immediate transaction, durable on return. Cancelling the task doesn't stop it; an error rolls it
    /// back.
    func write<Value: Sendable>(
        _ body: @escaping @Sendable (Database) throws -> Value
    ) async throws(StoreError) -> Value {
        try await write(before: { _ in }) { db, _ in try body(db) }
    }

    /// For a long write: yields to waiting writers first, and passes a ``WriteTurn`` that reports them.
    func write<Value: Sendable>(
        _ body: @escaping @Sendable (Database, WriteTurn) throws -> Value
    ) async throws(StoreError) -> Value {
        try await write(before: { $0.yieldToWaiters() }, body)
    }

    private func write<Value: Sendable>(
        before: @escaping @Sendable (WriteTurn) -> Void,
        _ body: @escaping @Sendable (Database, WriteTurn) throws -> Value
    ) async throws(StoreError) -> Value {
        let (writer, file) = try await writer()
        let result = await withCheckedContinuation { (continuation: CheckedContinuation<Result<Value, any Error>, _>) in
            writer.queue.asyncWriteWithoutTransaction { [url] db in
                before(writer.turn)
                continuation.resume(
                    returning: Result {
                        try Self.transaction(db) { db in
                            let value = try body(db, writer.turn)
                            // The file may have been removed while waiting for the lock.
                            guard FileIdentity(at: url.path) == file else { throw Self.missing(url) }
                            return value
                        }
                    })
            }
        }
        do {
            return try result.get()
        } catch {
            throw StoreError(sqlite: error, at: url)
        }
    }

    func query<Value: Sendable>(
        _ body: @escaping @Sendable (any SQLConnection) throws -> Value
    ) async throws(StoreError) -> Value {
        try await read { db in try body(db) }
    }

    func transaction<Value: Sendable>(
        _ body: @escaping @Sendable (any SQLConnection) throws -> Value
    ) async throws(StoreError) -> Value {
        try await write { db in try body(db) }
    }

    func reserveSpace(forResponses more: Int, at clock: StoreClock, _ db: any SQLConnection) throws {
        try ResponseSpace(url: url).reserve(for: more, at: clock.now(db), db)
    }

    /// Empties the log. Returns `false` if a reader or writer needs it.
    func checkpoint() async throws(StoreError) -> Bool {
        let (writer, _) = try await writer()
        do {
            return try await writer.queue.writeWithoutTransaction { db in
                do {
                    return try db.number("PRAGMA wal_checkpoint(TRUNCATE)") == 0
                } catch let error as DatabaseError where [.SQLITE_BUSY, .SQLITE_LOCKED].contains(error.resultCode) {
                    return false
                }
            }
        } catch {
            throw StoreError(sqlite: error, at: url)
        }
    }

    /// Runs `body` while no other process has the database open. `nil`: another process has it open.
    ///
    /// This store's connections are closed first and reopened afterwards, on the file that the path then names. In between,
    /// its other accesses fail.
    func alone<Value: Sendable>(
        _ body: @escaping @Sendable (Database) throws -> Value
    ) async throws(StoreError) -> Value? {
        let result = await withCheckedContinuation {
            (continuation: CheckedContinuation<Result<Value?, StoreError>, _>) in
            opening.async { [self] in
                continuation.resume(
                    returning: Result { () throws(StoreError) in
                        try StoreError.mapping(at: url) { try closed { try exclusively(body) } }
                    })
            }
        }
        return try result.get()
    }

    private func closed<Value>(_ body: () throws -> Value) throws -> Value {
        let known = connections.withLock { $0 }
        guard known.areCurrent(at: url) else { throw Self.missing(url) }
        try known.reader.close()
        try known.writer.get().queue.close()
        let result = Result { try body() }
        let new = try connect()
        connections.withLock { $0 = new }
        return try result.get()
    }

    /// `nil`: another process has the database open.
    private func exclusively<Value>(_ body: (Database) throws -> Value) throws -> Value? {
        var configuration = Configuration()
        configuration.busyMode = .timeout(1)
        // SQLite then locks the whole file with its first read, and keeps the lock.
        configuration.prepareDatabase { try $0.execute(sql: "PRAGMA locking_mode = EXCLUSIVE") }
        do {
            let queue = try DatabaseQueue(path: StoreFolder(url: url).existingPath, configuration: configuration)
            try queue.writeWithoutTransaction { _ = try $0.number("SELECT count(*) FROM sqlite_schema") }
            let value = try queue.writeWithoutTransaction(body)
            try queue.close()
            return value
        } catch let error as DatabaseError where [.SQLITE_BUSY, .SQLITE_LOCKED].contains(error.resultCode) {
            return nil
        }
    }

    /// Copies the database to an empty one.
    func copy(to copy: DatabaseQueue) async throws(StoreError) {
        let reader = try await current().reader
        let result = await withCheckedContinuation { (continuation: CheckedContinuation<Result<Void, StoreError>, _>) in
            opening.async { [url] in
                continuation.resume(
                    returning: Result { () throws(StoreError) in
                        try StoreError.mapping(at: url) { try reader.backup(to: copy) }
                    })
            }
        }
        try result.get()
    }

    /// Passes on a value that changes when another connection commits or the path names another file, but not with this
    /// store's own commits. `nil`: can't be read now.
    func version(_ completion: @escaping @Sendable (StoreVersion?) -> Void) {
        let known = connections.withLock { $0 }
        let file = FileIdentity(at: url.path)
        guard known.areCurrent(at: url) else { return completion(StoreVersion(file: file, data: 0)) }
        known.versionConnection.asyncWriteWithoutTransaction { db in
            do {
                completion(StoreVersion(file: file, data: try Self.dataVersion(db)))
            } catch {
                completion(nil)
            }
        }
    }

    static func dataVersion(_ db: Database) throws -> Int64 {
        try Int64.fetchOne(db, sql: "PRAGMA data_version") ?? 0
    }

    private static func transaction<Value>(_ db: Database, _ body: (Database) throws -> Value) throws -> Value {
        var value: Value?
        try db.inTransaction(.immediate) {
            value = try body(db)
            return .commit
        }
        guard let value else { throw DatabaseError(resultCode: .SQLITE_ABORT) }
        return value
    }
}

struct StoreWriter: Sendable {
    let queue: DatabaseQueue
    let turn: WriteTurn
}

/// The connections to one database file: readers that see the last commit without waiting, and one writer.
///
/// The writer isn't part of a GRDB pool, which would write to the database on opening and lower `synchronous` to
/// NORMAL.
struct StoreConnections: Sendable {
    let reader: any DatabaseWriter

    /// The writer, or why the store can't be written.
    let writer: Result<StoreWriter, StoreError>

    /// The open file, whatever its path names now.
    let file: FileIdentity

    /// The write-ahead log in use. `nil`: none.
    let log: FileIdentity?

    /// The file's stamp when it was opened as immutable. `nil`: SQLite sees every change.
    let immutableStamp: FileStamp?

    /// The connection for `PRAGMA data_version`.
    var versionConnection: any DatabaseWriter {
        if case .success(let writer) = writer { writer.queue } else { reader }
    }

    /// Whether they read what is stored at `url`.
    func areCurrent(at url: URL) -> Bool {
        guard FileIdentity(at: url.path) == file else { return false }
        return immutableStamp == nil || FileStamp(at: url.path) == immutableStamp && StoreFolder(url: url).log == nil
    }

    /// Keeps them open for the life of the process. On closing the last connection SQLite deletes the log by name,
    /// which may by now belong to another database.
    func retainForever() {
        _ = Unmanaged.passRetained(reader as AnyObject)
        if case .success(let writer) = writer { _ = Unmanaged.passRetained(writer.queue) }
    }
}
