package import Foundation
package import VisitorSessions

/// A connection inside a transaction. Used on one thread at a time.
package protocol SQLConnection {
    var dialect: Dialect { get }

    /// Executes a statement and returns the number of changed rows. An error rolls the transaction back.
    @discardableResult
    func run(_ statement: SQLText) throws -> Int

    /// Maps a query's rows, skipping those for which `read` returns `nil`, until there are `limit` values.
    func rows<Value>(_ query: SQLText, upTo limit: Int, _ read: (any SQLRow) throws -> Value?) throws -> [Value]
}

extension SQLConnection {
    package func rows<Value>(_ query: SQLText, _ read: (any SQLRow) throws -> Value?) throws -> [Value] {
        try rows(query, upTo: .max, read)
    }

    package func first<Value>(_ query: SQLText, _ read: (any SQLRow) throws -> Value?) throws -> Value? {
        try rows(query, upTo: 1, read).first
    }

    /// The number in the first column of the first row.
    package func number(_ query: SQLText) throws -> Int64? {
        try first(query) { $0.number(0) }
    }
}

/// One row of a result, valid until the next one. A column that is `NULL` or has another type reads as `nil`.
package protocol SQLRow {
    /// The number of columns.
    var count: Int { get }

    func isNull(_ column: Int) -> Bool
    func number(_ column: Int) -> Int64?
    func truth(_ column: Int) -> Bool?
    func text(_ column: Int) -> String?
    func bytes(_ column: Int) -> Data?
    func id(_ column: Int) -> SessionID?
}

extension SQLRow {
    /// A time in milliseconds. `nil` outside their range: the lowest and highest numbers mean *never* and *unknown*.
    package func date(_ column: Int) -> Date? {
        number(column).flatMap { Milliseconds.range.contains($0) ? Milliseconds.date($0) : nil }
    }
}

/// An adapter's connections and transactions.
package protocol SQLDatabase: Sendable {
    var dialect: Dialect { get }

    /// Reads in one snapshot if `body` runs one statement. Cancelling the task interrupts it.
    func query<Value: Sendable>(
        _ body: @escaping @Sendable (any SQLConnection) throws -> Value
    ) async throws(StoreError) -> Value

    /// Writes in one transaction, durable on return. Cancelling the task doesn't stop it; an error rolls it back.
    /// `body` may run again after a conflict with another transaction.
    func transaction<Value: Sendable>(
        _ body: @escaping @Sendable (any SQLConnection) throws -> Value
    ) async throws(StoreError) -> Value

    /// Reserves space for the responses of all requests in flight, plus `more`. Call it inside a transaction.
    func reserveSpace(forResponses more: Int, at clock: StoreClock, _ db: any SQLConnection) throws
}

extension SQLDatabase {
    package func reserveSpace(forResponses more: Int, at clock: StoreClock, _ db: any SQLConnection) throws {}
}
