package import Foundation
import VisitorSessions

/// The differences between the two databases.
package enum Dialect: Sendable {
    case sqlite, postgres

    // MARK: Tables

    /// PostgreSQL's tables have a schema of their own, and every statement names it: the search path doesn't matter.
    package var session: SQLText { table("session") }
    package var tokens: SQLText { table("tokens") }
    package var journal: SQLText { table("journal") }
    package var budget: SQLText { table("budget") }

    package func table(_ name: String) -> SQLText {
        SQLText(raw: self == .sqlite ? name : "session_inspector." + name)
    }

    /// A column with the current key's ID. `NULL` in a damaged store.
    package var keyID: SQLText {
        "(SELECT value FROM \(table("metadata")) WHERE name = 'key_id')"
    }

    // MARK: Conditions

    /// Whether lists show a row by default. Includes SQLite's damaged rows.
    package var isListed: SQLText { self == .sqlite ? "listed" : "discarded_at IS NULL" }

    package var isDiscarded: SQLText { self == .sqlite ? "NOT listed" : "discarded_at IS NOT NULL" }

    /// The query for a row that the transaction is about to change.
    ///
    /// SQLite's immediate transactions write one at a time. In PostgreSQL the row is locked, and inserted first if it
    /// is missing, so that concurrent first writers see each other.
    package func lockedRow(
        of table: SQLText, where key: String, is value: String, else defaults: [(column: String, value: SQLText)]
    ) -> SQLText {
        let columns = defaults.map(\.column).joined(separator: ", ")
        guard self == .postgres, let first = defaults.first?.column else {
            return "SELECT \(raw: columns) FROM \(table) WHERE \(raw: key) = \(value)"
        }
        return """
            INSERT INTO \(table) AS known (\(raw: key), \(raw: columns))
            VALUES (\(value), \(defaults.map(\.value).joined(", ")))
            ON CONFLICT (\(raw: key)) DO UPDATE SET \(raw: first) = known.\(raw: first) RETURNING \(raw: columns)
            """
    }

    package var forUpdate: SQLText { self == .sqlite ? "" : "FOR UPDATE" }

    package var forShare: SQLText { self == .sqlite ? "" : "FOR SHARE" }

    package var skippingLocked: SQLText { self == .sqlite ? "" : "FOR UPDATE SKIP LOCKED" }
}

/// The clock for leases, budgets and grace periods.
package struct StoreClock: Sendable {
    private let given: (@Sendable () -> Date)?

    /// - Parameter given: `nil`: the database server's clock, which all hosts share.
    package init(given: (@Sendable () -> Date)?) {
        self.given = given
    }

    /// The current time as an SQL expression.
    package var sql: SQLText {
        if let given { return "\(Milliseconds.nearest(given()))" }
        return "floor(extract(epoch FROM clock_timestamp()) * 1000)::bigint"
    }

    /// The current time. Call it after waiting for a lock, so that a lease isn't compared with a stale time.
    package func now(_ db: any SQLConnection) throws -> Date {
        if let given { return given() }
        guard let now = try db.first("SELECT \(sql)", { $0.date(0) }) else {
            throw StoreError(.unusable, "The database server didn't report its time.")
        }
        return now
    }
}
