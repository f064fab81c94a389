package import Foundation
package import VisitorSessions

/// A connection to a database of sessions, inside a transaction. Used on one thread at a time.
package protocol SQLConnection {
    var dialect: Dialect { get }

    /// Executes a statement and returns how many rows it changed. An error undoes the transaction.
    @discardableResult
    func run(_ statement: SQLText) throws -> Int

    /// What `read` makes of the rows of a query: at most `limit` values, rows that give `nil` not counted.
    func rows<Value>(_ query: SQLText, upTo limit: Int, _ read: (any SQLRow) throws -> Value?) throws -> [Value]
}

extension SQLConnection {
    package func rows<Value>(_ query: SQLText, _ read: (any SQLRow) throws -> Value?) throws -> [Value] {
        try rows(query, upTo: .max, read)
    }

    /// What `read` makes of the first row. `nil` without one.
    package func first<Value>(_ query: SQLText, _ read: (any SQLRow) throws -> Value?) throws -> Value? {
        try rows(query, upTo: 1, read).first
    }

    /// The whole number that the result begins with.
    package func number(_ query: SQLText) throws -> Int64? {
        try first(query) { $0.number(0) }
    }
}

/// One row of a result, valid until the next one. A column that is `NULL`, or of another type, is `nil`.
package protocol SQLRow {
    /// How many columns it has.
    var count: Int { get }

    func isNull(_ column: Int) -> Bool
    func number(_ column: Int) -> Int64?
    func truth(_ column: Int) -> Bool?
    func text(_ column: Int) -> String?
    func bytes(_ column: Int) -> Data?
    func id(_ column: Int) -> SessionID?
}

extension SQLRow {
    /// A time in milliseconds. `nil` outside their range, too: the ends of all numbers mean *never* and *unknown*.
    package func date(_ column: Int) -> Date? {
        number(column).flatMap { Milliseconds.range.contains($0) ? Milliseconds.date($0) : nil }
    }
}

/// What the shared statements need of an adapter: its connections, and transactions on them.
package protocol SQLDatabase: Sendable {
    var dialect: Dialect { get }

    /// Reads in one snapshot if `body` runs one statement. Cancelling the task interrupts it.
    func query<Value: Sendable>(
        _ body: @escaping @Sendable (any SQLConnection) throws -> Value
    ) async throws(StoreError) -> Value

    /// Writes in one transaction, durable on return and finished even if the task is cancelled. An error undoes it;
    /// `body` may run again after a conflict with another transaction.
    func transaction<Value: Sendable>(
        _ body: @escaping @Sendable (any SQLConnection) throws -> Value
    ) async throws(StoreError) -> Value

    /// Makes sure that the answers of all requests under way can be stored, and of `more`. Inside a transaction.
    func reserveRoom(forAnswers more: Int, at clock: StoreClock, _ db: any SQLConnection) throws
}

extension SQLDatabase {
    package func reserveRoom(forAnswers more: Int, at clock: StoreClock, _ db: any SQLConnection) throws {}
}
