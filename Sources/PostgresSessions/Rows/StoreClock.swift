import Foundation
import VisitorSessions

/// The clock by which leases, budgets and grace periods are judged: the server's, which all hosts share, or one that a test sets.
struct StoreClock: Sendable {
    let given: (@Sendable () -> Date)?

    /// The time, as an expression.
    var sql: SQL {
        if let given { return "\(Milliseconds.nearest(given()))" }
        return "floor(extract(epoch FROM clock_timestamp()) * 1000)::bigint"
    }

    /// The time now. Ask for it after what has to be waited for: whoever waited must not judge by an old time.
    func now(_ db: PostgresConnection) throws -> Date {
        if let given { return given() }
        guard let now = try db.execute("SELECT \(sql)").first?.date(0) else {
            throw PostgresFailure(message: "The server does not tell its time.", isConnectionLost: false)
        }
        return now
    }
}
