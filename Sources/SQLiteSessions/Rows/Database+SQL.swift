import GRDB

/// Two ways to ask: by text that is put together for this one question, and by text that is always the same, for what a
/// renewal or an import does. To put it together takes longer than to execute it.
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

    /// Executes a statement of a fixed text, with a value for each of its question marks.
    func run(_ sql: String, _ values: [(any DatabaseValueConvertible)?]) throws {
        try run(sql, StatementArguments(values))
    }

    func run(_ sql: String, _ values: StatementArguments) throws {
        try cachedStatement(sql: sql).execute(arguments: values)
    }

    /// The rows of a query of a fixed text. Each is good until the next one.
    func rows(_ sql: String, _ values: [(any DatabaseValueConvertible)?]) throws -> RowCursor {
        try Row.fetchCursor(cachedStatement(sql: sql), arguments: StatementArguments(values))
    }

    /// What `read` makes of the first row of a query. `nil` where there is none.
    ///
    /// A row is good as long as its cursor lives, and a copy of it loses text from the first U+0000 on.
    func first<Value>(_ query: SQL, _ read: (Row) throws -> Value?) throws -> Value? {
        try first(rows(query), read)
    }

    /// What `read` makes of the first row of a query of a fixed text. `nil` where there is none.
    func first<Value>(
        _ sql: String, _ values: [(any DatabaseValueConvertible)?], _ read: (Row) throws -> Value?
    ) throws -> Value? {
        try first(rows(sql, values), read)
    }

    private func first<Value>(_ rows: RowCursor, _ read: (Row) throws -> Value?) throws -> Value? {
        try withExtendedLifetime(rows) { try rows.next().flatMap(read) }
    }

    /// The whole number that a query begins with. `nil` where there is none.
    func number(_ query: SQL) throws -> Int64? {
        try first(query, Self.number)
    }

    /// The whole number that a query of a fixed text begins with. `nil` where there is none.
    func number(_ sql: String, _ values: [(any DatabaseValueConvertible)?]) throws -> Int64? {
        try first(sql, values, Self.number)
    }

    private static func number(_ row: Row) -> Int64? {
        guard case .int64(let number) = (row[0] as DatabaseValue).storage else { return nil }
        return number
    }
}
