import CPostgres
import Foundation
import SessionSQL
import VisitorSessions

/// A result, whose rows are in binary format.
final class PostgresResult {
    private let handle: OpaquePointer

    init(_ handle: OpaquePointer) {
        self.handle = handle
    }

    deinit {
        PQclear(handle)
    }

    var count: Int { Int(PQntuples(handle)) }

    var rows: [PostgresRow] { (0..<count).map { PostgresRow(result: self, index: Int32($0)) } }

    var first: PostgresRow? { count > 0 ? PostgresRow(result: self, index: 0) : nil }

    /// The number of rows that a command changed.
    var changes: Int { Int(String(cString: PQcmdTuples(handle))) ?? 0 }

    /// The command that was executed: `COMMIT`, `ROLLBACK`, …
    var command: String { String(cString: PQcmdStatus(handle)) }

    fileprivate var columns: Int { Int(PQnfields(handle)) }

    fileprivate func bytes(_ row: Int32, _ column: Int) -> UnsafeRawBufferPointer? {
        guard PQgetisnull(handle, row, Int32(column)) == 0 else { return nil }
        return UnsafeRawBufferPointer(
            start: PQgetvalue(handle, row, Int32(column)), count: Int(PQgetlength(handle, row, Int32(column))))
    }
}

/// A row, which retains its result.
struct PostgresRow: SQLRow {
    fileprivate let result: PostgresResult
    fileprivate let index: Int32

    var count: Int { result.columns }

    func isNull(_ column: Int) -> Bool { result.bytes(index, column) == nil }

    func number(_ column: Int) -> Int64? {
        guard let bytes = result.bytes(index, column), bytes.count == 8 else { return nil }
        return Int64(bigEndian: bytes.loadUnaligned(as: Int64.self))
    }

    func truth(_ column: Int) -> Bool? {
        result.bytes(index, column)?.first.map { $0 != 0 }
    }

    func bytes(_ column: Int) -> Data? {
        result.bytes(index, column).map { Data($0) }
    }

    func text(_ column: Int) -> String? {
        result.bytes(index, column).map { String(decoding: $0, as: UTF8.self) }
    }

    func id(_ column: Int) -> SessionID? {
        guard let bytes = result.bytes(index, column), bytes.count == 16 else { return nil }
        return SessionID(UUID(uuid: bytes.loadUnaligned(as: uuid_t.self)))
    }
}
