import GRDB
import VisitorSessions

/// The connections of an open store: readers that see the last commit and wait for nobody, and one writer.
///
/// Every access runs on a queue of the connection's own, and never on a thread of the cooperative pool.
///
/// The writer is no part of GRDB's pool: a pool with a writer writes to the database whenever it is opened, and
/// lowers `synchronous` to NORMAL.
final class StoreDatabase: Sendable {
    private let reader: DatabasePool
    private let writer: DatabaseQueue?

    init(reader: DatabasePool, writer: DatabaseQueue?) {
        self.reader = reader
        self.writer = writer
    }

    var isReadOnly: Bool { writer == nil }

    /// Reads in one snapshot. Cancelling the task interrupts a long statement.
    func read<Value: Sendable>(_ body: @Sendable (Database) throws -> Value) async throws(StoreError) -> Value {
        do {
            return try await reader.read(body)
        } catch {
            throw StoreError(sqlite: error)
        }
    }

    /// Writes in one immediate transaction, durable on return. Once begun it is finished, whatever becomes of the
    /// task. Whatever `body` throws undoes everything.
    func write<Value: Sendable>(
        _ body: @escaping @Sendable (Database) throws -> Value
    ) async throws(StoreError) -> Value {
        guard let writer else {
            throw StoreError(.readOnly, "The store is open for reading only. Nothing was changed.")
        }
        let result = await withCheckedContinuation { (continuation: CheckedContinuation<Result<Value, any Error>, _>) in
            writer.asyncWriteWithoutTransaction { db in
                continuation.resume(returning: Result { try Self.transaction(db, body) })
            }
        }
        do {
            return try result.get()
        } catch {
            throw StoreError(sqlite: error)
        }
    }

    /// Empties the log. Returns whether nobody stood in the way.
    func checkpoint() async throws(StoreError) -> Bool {
        guard let writer else {
            throw StoreError(.readOnly, "The store is open for reading only. Nothing was changed.")
        }
        do {
            return try await writer.writeWithoutTransaction { db in
                do {
                    let rows = try db.rows("PRAGMA wal_checkpoint(TRUNCATE)")
                    return try withExtendedLifetime(rows) { try rows.next().map { $0[0] == 0 } ?? false }
                } catch let error as DatabaseError where [.SQLITE_BUSY, .SQLITE_LOCKED].contains(error.resultCode) {
                    return false
                }
            }
        } catch {
            throw StoreError(sqlite: error)
        }
    }

    /// Hands over a number that changes when another connection has committed since the last call, and not when
    /// this store's own writer has. `nil` where it cannot be read just now.
    func dataVersion(_ handOver: @escaping @Sendable (Int64?) -> Void) {
        let connection: any DatabaseWriter = writer ?? reader
        connection.asyncWriteWithoutTransaction { db in
            do {
                handOver(try Self.dataVersion(db))
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
