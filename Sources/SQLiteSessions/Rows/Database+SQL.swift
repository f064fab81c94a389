import GRDB

extension Database {
    /// Executes a statement, which is compiled once and kept.
    func run(_ statement: SQL) throws {
        let (sql, arguments) = try statement.build(self)
        try cachedStatement(sql: sql).execute(arguments: arguments)
    }

    /// The rows of a query, which is compiled once and kept. Each is good until the next one.
    func rows(_ query: SQL) throws -> RowCursor {
        let (sql, arguments) = try query.build(self)
        return try Row.fetchCursor(cachedStatement(sql: sql), arguments: arguments)
    }

    /// What `read` makes of the first row of a query. `nil` where there is none.
    ///
    /// A row is good as long as its cursor lives, and a copy of it loses text from the first U+0000 on.
    func first<Value>(_ query: SQL, _ read: (Row) throws -> Value?) throws -> Value? {
        let rows = try rows(query)
        return try withExtendedLifetime(rows) { try rows.next().flatMap(read) }
    }

    /// The whole number that a query begins with. `nil` where there is none.
    func number(_ query: SQL) throws -> Int64? {
        try first(query) { row in
            guard case .int64(let number) = (row[0] as DatabaseValue).storage else { return nil }
            return number
        }
    }
}
