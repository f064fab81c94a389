package import Foundation
package import VisitorSessions

/// What clients have left of their budgets.
package enum BudgetRows {
    /// Takes a request from the client's budget. Throws ``StoreError/Kind-swift.enum/overBudget`` if it has to wait.
    ///
    /// - Parameter now: Asked for before the budget's row was locked: that grants rather less than more.
    package static func spend(
        _ request: BudgetRequest, of clientID: String, at now: Date, _ db: any SQLConnection
    ) throws {
        let budget = db.dialect.budget
        let known = db.dialect.lockedRow(
            of: budget, where: "client_id", is: clientID, else: [("arrival", "\(Milliseconds.lowest)")])
        let arrival = try db.first(known) { $0.number(0) }.flatMap { $0 == Milliseconds.lowest ? nil : $0 }
        switch request.budget.decide(arrival: arrival.map(Milliseconds.date), now: now, tier: request.tier) {
        case .granted(let arrival):
            try db.run(
                """
                INSERT INTO \(budget) (client_id, arrival) VALUES (\(clientID), \(Milliseconds.nearest(arrival)))
                ON CONFLICT (client_id) DO UPDATE SET arrival = excluded.arrival
                """)
        case .notBefore(let date):
            throw StoreError.overBudget(until: date)
        }
    }

    /// The latest arrival that is still to come.
    package static func usedUntil(_ clock: StoreClock, _ dialect: Dialect) -> SQLText {
        "SELECT max(arrival) FROM \(dialect.budget) WHERE arrival > \(clock.sql)"
    }

    /// Deletes at most `limit` arrivals that have passed: they say no more than none. Those in use are left alone.
    package static func forgetPast(at now: Date, limit: Int, _ db: any SQLConnection) throws {
        try db.run(
            """
            DELETE FROM \(db.dialect.budget) WHERE client_id IN (
                SELECT client_id FROM \(db.dialect.budget) WHERE arrival <= \(Milliseconds.reached(at: now))
                ORDER BY arrival LIMIT \(limit) \(db.dialect.skippingLocked)
            )
            """)
    }
}
