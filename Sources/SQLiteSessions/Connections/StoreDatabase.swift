import Dispatch
import Foundation
import GRDB
import SessionSQL
import Synchronization
import VisitorSessions

/// The database at a store's path, whichever file that is.
///
/// Every access first looks whether the path still names the file that is open. Where it names another, that one is
/// opened; where it names none, nothing is read and nothing is written: what is written to a file without a name is lost.
///
/// Every access runs on a queue of its own, and never on a thread of the cooperative pool.
final class StoreDatabase: SQLDatabase {
    let dialect = Dialect.sqlite
    private let url: URL
    private let connections: Mutex<StoreConnections>

    /// Connects to the file that the path names.
    private let connect: @Sendable () throws(StoreError) -> StoreConnections
    private let opening = DispatchQueue(label: "session-inspector.store.open")

    /// Whether it was opened for reading only.
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

    /// Why nothing can be written at present. `nil`: it can, as far as is known.
    var refusal: StoreError? {
        if case .failure(let refusal) = connections.withLock({ $0.writer }) { refusal } else { nil }
    }

    /// The connections to the file that the path names at present.
    private func present() async throws(StoreError) -> StoreConnections {
        let known = connections.withLock { $0 }
        return known.areCurrent(at: url) ? known : try await connections { $0.areCurrent(at: $1) }
    }

    /// The connections, made again unless they are as they should be: for one caller after the other.
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
        guard let file = FileIdentity(at: url.path) else { throw Self.gone(url) }
        guard !isGood(known, url) else { return known }
        if file != known.file, let log = known.log, FileIdentity(at: StoreFolder(url: url).logPath) == log {
            throw Self.exchanged(url)
        }
        let new = try connect()
        connections.withLock { $0 = new }
        known.retainForever()
        return new
    }

    static func gone(_ url: URL) -> StoreError {
        StoreError(
            .unavailable,
            "The store \(url.path) was moved or deleted while it was open. Nothing was changed. Put it back; for an empty "
                + "one, move its files ending in -wal and -shm away, and start again.")
    }

    /// SQLite would write the log of the database before into the new one.
    private static func exchanged(_ url: URL) -> StoreError {
        StoreError(
            .unavailable,
            "Another file is at \(url.path), beside the log of the store that was there. Nothing was changed. Put that "
                + "store back, or move the files ending in -wal and -shm away.")
    }

    private func writer() async throws(StoreError) -> (StoreWriter, FileIdentity) {
        var connections = try await present()
        if case .failure = connections.writer, !isReadOnly, StoreFolder(url: url).folderObstacle == nil {
            // What stood in the way is gone: the disk has room again.
            connections = try await self.connections { known, _ in
                if case .success = known.writer { true } else { false }
            }
        }
        return (try connections.writer.get(), connections.file)
    }

    /// Reads in one snapshot. Cancelling the task interrupts a long statement.
    func read<Value: Sendable>(_ body: @Sendable (Database) throws -> Value) async throws(StoreError) -> Value {
        let reader = try await present().reader
        do {
            return try await reader.read(body)
        } catch {
            throw StoreError(sqlite: error, at: url)
        }
    }

    /// Writes in one immediate transaction, durable on return. Once begun it is finished, whatever becomes of the
    /// task. An error undoes everything.
    func write<Value: Sendable>(
        _ body: @escaping @Sendable (Database) throws -> Value
    ) async throws(StoreError) -> Value {
        try await write(before: { _ in }) { db, _ in try body(db) }
    }

    /// The same for a long write: waiting writers go first, and it sees when others wait.
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
                            // The file may have been lost while this waited for the lock.
                            guard FileIdentity(at: url.path) == file else { throw Self.gone(url) }
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

    /// Empties the log. Returns whether no reader or writer needed it.
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

    /// Hands over what is different when another connection has committed since the last call, or when the path names
    /// another file, and not when this store's own writer has committed. `nil` where it cannot be read just now.
    func version(_ handOver: @escaping @Sendable (StoreVersion?) -> Void) {
        let known = connections.withLock { $0 }
        let file = FileIdentity(at: url.path)
        guard known.areCurrent(at: url) else { return handOver(StoreVersion(file: file, data: 0)) }
        known.watching.asyncWriteWithoutTransaction { db in
            do {
                handOver(StoreVersion(file: file, data: try Self.dataVersion(db)))
            } catch {
                handOver(nil)
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

/// The connection that writes.
struct StoreWriter: Sendable {
    let queue: DatabaseQueue
    let turn: WriteTurn
}

/// The connections to one database file: readers that see the last commit and wait for no one, and one writer.
///
/// The writer is no part of GRDB's pool: a pool with a writer writes to the database whenever it is opened, and
/// lowers `synchronous` to NORMAL.
struct StoreConnections: Sendable {
    let reader: any DatabaseWriter

    /// The writer, or why nothing can be written.
    let writer: Result<StoreWriter, StoreError>

    /// The file that they are open on, whatever its path names by now.
    let file: FileIdentity

    /// The write-ahead log that they use. `nil`: there is none.
    let log: FileIdentity?

    /// How the file was when it was opened as one that doesn't change. `nil`: SQLite sees every change.
    let unchanging: FileStamp?

    /// The connection that tells whether others have committed.
    var watching: any DatabaseWriter {
        if case .success(let writer) = writer { writer.queue } else { reader }
    }

    /// Whether what they read is what is stored at `url`.
    func areCurrent(at url: URL) -> Bool {
        guard FileIdentity(at: url.path) == file else { return false }
        return unchanging == nil || FileStamp(at: url.path) == unchanging && StoreFolder(url: url).log == nil
    }

    /// Keeps them open for as long as the process lives. SQLite removes a log by its name when it closes the last
    /// connection, and the name may belong to another database by now.
    func retainForever() {
        _ = Unmanaged.passRetained(reader as AnyObject)
        if case .success(let writer) = writer { _ = Unmanaged.passRetained(writer.queue) }
    }
}
