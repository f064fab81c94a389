import Foundation
import GRDB
import VisitorSessions

/// What clients have left of their budgets.
enum BudgetRows {
    /// Takes a request from the client's budget, inside a transaction. Throws where it has to be waited for.
    static func spend(_ request: BudgetRequest, of clientID: String, at now: Date, _ db: Database) throws {
        let client = ColumnText.bytes(clientID)
        let arrival = try db.number("SELECT arrival FROM budget WHERE client_id = CAST(? AS TEXT)", [client])
        switch request.budget.decide(arrival: arrival.map(Milliseconds.date), now: now, tier: request.tier) {
        case .granted(let arrival):
            try db.run(
                """
                INSERT INTO budget (client_id, arrival) VALUES (CAST(? AS TEXT), ?)
                ON CONFLICT DO UPDATE SET arrival = excluded.arrival
                """, [client, Milliseconds.nearest(arrival)])
        case .notBefore(let date):
            throw StoreError.overBudget(until: date)
        }
    }

    /// The latest arrival that is still to come.
    static func usedUntil(at now: Date, _ db: Database) throws -> Date? {
        try db.number("SELECT max(arrival) FROM budget WHERE arrival > \(Milliseconds.reached(at: now))")
            .map(Milliseconds.date)
    }

    /// Forgets at most `limit` arrivals that are past: they say no more than none.
    static func forgetPast(at now: Date, limit: Int, _ db: Database) throws {
        try db.run(
            """
            DELETE FROM budget WHERE client_id IN (
                SELECT client_id FROM budget WHERE arrival <= \(Milliseconds.reached(at: now))
                ORDER BY arrival LIMIT \(limit)
            )
            """)
    }
}
