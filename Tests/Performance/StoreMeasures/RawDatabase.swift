import Foundation
import GRDBSQLite

/// SQLite by itself: one statement that is compiled once, and a durable commit for each of its executions.
final class RawDatabase {
    private var database: OpaquePointer?
    private var statement: OpaquePointer?

    init(at path: String) throws {
        try require(sqlite3_open(path, &database))
        let sql = """
            PRAGMA journal_mode = WAL; PRAGMA synchronous = FULL;
            CREATE TABLE raw (id INTEGER PRIMARY KEY, body BLOB NOT NULL);
            """
        try require(sqlite3_exec(database, sql, nil, nil, nil))
        try require(
            sqlite3_prepare_v2(database, "INSERT OR REPLACE INTO raw VALUES (?, ?)", -1, &statement, nil))
    }

    deinit {
        sqlite3_finalize(statement)
        sqlite3_close(database)
    }

    func commit(_ bytes: Data, _ number: Int) throws {
        sqlite3_reset(statement)
        sqlite3_bind_int64(statement, 1, Int64(number % 10))
        try bytes.withUnsafeBytes { bytes in
            // SQLITE_STATIC: the bytes outlive the step.
            try require(sqlite3_bind_blob(statement, 2, bytes.baseAddress, Int32(bytes.count), nil))
            try require(sqlite3_step(statement))
        }
    }

    private func require(_ code: Int32) throws {
        guard [SQLITE_OK, SQLITE_DONE, SQLITE_ROW].contains(code) else { throw Failure(code: code) }
    }

    struct Failure: Error {
        var code: Int32
    }
}
