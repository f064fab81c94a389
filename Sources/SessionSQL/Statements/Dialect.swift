package import Foundation
import VisitorSessions

/// How the two databases differ where the same is asked of them.
package enum Dialect: Sendable {
    case sqlite, postgres

    // MARK: Tables

    /// PostgreSQL's tables are in a schema of their own, and no statement depends on a search path.
    package var session: SQLText { table("session") }
    package var tokens: SQLText { table("tokens") }
    package var journal: SQLText { table("journal") }
    package var budget: SQLText { table("budget") }

    package func table(_ name: String) -> SQLText {
        SQLText(raw: self == .sqlite ? name : "session_inspector." + name)
    }

    /// The ID of the key that seals, as a column of a query. `NULL` in a damaged store.
    package var keyID: SQLText {
        "(SELECT value FROM \(table("metadata")) WHERE name = 'key_id')"
    }

    // MARK: Conditions

    /// Whether lists show a row unless discarded sessions are asked for. SQLite's rows may be damaged, and are listed then.
    package var isListed: SQLText { self == .sqlite ? "listed" : "discarded_at IS NULL" }

    package var isDiscarded: SQLText { self == .sqlite ? "NOT listed" : "discarded_at IS NOT NULL" }

    /// The beginning of the query for a row that the transaction then changes.
    ///
    /// SQLite's transactions are immediate: one writes at a time. In PostgreSQL the row is locked, and inserted first, so
    /// that of several first writers none overlooks another.
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

    /// Locks the rows of a query until the transaction ends.
    package var forUpdate: SQLText { self == .sqlite ? "" : "FOR UPDATE" }

    /// Keeps the rows of a query from being changed until the transaction ends.
    package var forShare: SQLText { self == .sqlite ? "" : "FOR SHARE" }

    /// Locks the rows of a query, and passes over rows that others have locked.
    package var skippingLocked: SQLText { self == .sqlite ? "" : "FOR UPDATE SKIP LOCKED" }
}

/// The clock that judges leases, budgets and grace periods: this host's, or the one that all hosts share.
package struct StoreClock: Sendable {
    private let given: (@Sendable () -> Date)?

    /// - Parameter given: `nil`: the database server's clock.
    package init(given: (@Sendable () -> Date)?) {
        self.given = given
    }

    /// The time, as an expression.
    package var sql: SQLText {
        if let given { return "\(Milliseconds.nearest(given()))" }
        return "floor(extract(epoch FROM clock_timestamp()) * 1000)::bigint"
    }

    /// The time now. Ask after waiting for a lock, so that a lease isn't judged by a time that has passed.
    package func now(_ db: any SQLConnection) throws -> Date {
        if let given { return given() }
        guard let now = try db.first("SELECT \(sql)", { $0.date(0) }) else {
            throw StoreError(.unusable, "The store's server doesn't tell its time.")
        }
        return now
    }
}
