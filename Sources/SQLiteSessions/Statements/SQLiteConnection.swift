import Foundation
import GRDB
import GRDBSQLite
package import SessionSQL
import VisitorSessions

extension Database: SQLConnection {
    package var dialect: Dialect { .sqlite }

    @discardableResult
    package func run(_ statement: SQLText) throws -> Int {
        try cachedStatement(sql: statement.text).run(statement.values)
        return changesCount
    }

    package func rows<Value>(
        _ query: SQLText, upTo limit: Int, _ read: (any SQLRow) throws -> Value?
    ) throws -> [Value] {
        let statement = try cachedStatement(sql: query.text)
        try statement.bind(query.values)
        let rows = try Row.fetchCursor(statement)
        // The cursor resets the statement when it is deallocated.
        return try withExtendedLifetime(rows) {
            var values: [Value] = []
            while values.count < limit, try rows.next() != nil {
                if let value = try read(SQLiteRow(statement: statement.sqliteStatement)) { values.append(value) }
            }
            return values
        }
    }
}

extension Database {
    /// The current key's ID. `nil` if the store is damaged.
    func keyID() throws -> Data? {
        try first("SELECT \(Dialect.sqlite.keyID)") { $0.bytes(0) }
    }
}

extension Statement {
    func run(_ values: [SQLText.Value]) throws {
        try bind(values)
        try execute()
    }

    func isTrue(_ values: [SQLText.Value]) throws -> Bool {
        try bind(values)
        return try Int64.fetchOne(self) == 1
    }

    /// Calls SQLite directly: GRDB would first box each value.
    fileprivate func bind(_ values: [SQLText.Value]) throws {
        // Makes GRDB reset the statement and accept it as bound.
        setUncheckedArguments(StatementArguments())
        // SQLITE_TRANSIENT: SQLite copies the bytes.
        let copied = unsafeBitCast(-1, to: sqlite3_destructor_type.self)
        for (place, value) in zip(Int32(1)..., values) {
            let code: Int32
            switch value {
            case .number(let number?): code = sqlite3_bind_int64(sqliteStatement, place, number)
            case .truth(let truth): code = sqlite3_bind_int64(sqliteStatement, place, truth ? 1 : 0)
            case .text(""): code = sqlite3_bind_text(sqliteStatement, place, "", 0, copied)
            case .text(var text?):
                code = text.withUTF8 { text in
                    text.withMemoryRebound(to: CChar.self) { text in
                        sqlite3_bind_text(sqliteStatement, place, text.baseAddress, Int32(text.count), copied)
                    }
                }
            case .bytes(let bytes?):
                code = bytes.withUnsafeBytes { bytes in
                    bytes.isEmpty
                        ? sqlite3_bind_zeroblob(sqliteStatement, place, 0)
                        : sqlite3_bind_blob(sqliteStatement, place, bytes.baseAddress, Int32(bytes.count), copied)
                }
            case .id(let id):
                code = withUnsafeBytes(of: id.uuid.uuid) { bytes in
                    sqlite3_bind_blob(sqliteStatement, place, bytes.baseAddress, Int32(bytes.count), copied)
                }
            case .number(nil), .text(nil), .bytes(nil): code = sqlite3_bind_null(sqliteStatement, place)
            }
            guard code == SQLITE_OK else { throw DatabaseError(resultCode: ResultCode(rawValue: code)) }
        }
    }
}

/// A statement's current row. In a damaged file, a column may hold any type.
private struct SQLiteRow: SQLRow {
    let statement: OpaquePointer

    var count: Int { Int(sqlite3_column_count(statement)) }

    func isNull(_ column: Int) -> Bool { type(column) == SQLITE_NULL }

    func number(_ column: Int) -> Int64? {
        type(column) == SQLITE_INTEGER ? sqlite3_column_int64(statement, Int32(column)) : nil
    }

    func truth(_ column: Int) -> Bool? { number(column).map { $0 == 1 } }

    /// Other types are converted to text by SQLite.
    func text(_ column: Int) -> String? {
        guard let text = sqlite3_column_text(statement, Int32(column)) else { return nil }
        let count = Int(sqlite3_column_bytes(statement, Int32(column)))
        return String(decoding: UnsafeBufferPointer(start: text, count: count), as: UTF8.self)
    }

    func bytes(_ column: Int) -> Data? { blob(column).map { Data($0) } }

    func id(_ column: Int) -> SessionID? { blob(column).map { SessionID(padding: $0) } }

    private func type(_ column: Int) -> Int32 { sqlite3_column_type(statement, Int32(column)) }

    private func blob(_ column: Int) -> UnsafeRawBufferPointer? {
        guard type(column) == SQLITE_BLOB else { return nil }
        // The start is null for an empty blob.
        return UnsafeRawBufferPointer(
            start: sqlite3_column_blob(statement, Int32(column)),
            count: Int(sqlite3_column_bytes(statement, Int32(column))))
    }
}
