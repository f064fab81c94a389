package import Foundation
import VisitorSessions

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
