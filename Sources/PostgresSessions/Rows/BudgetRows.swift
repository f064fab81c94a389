import Foundation
import VisitorSessions

/// What clients have left of their budgets.
enum BudgetRows {
    /// Locks the client's row until the transaction ends, and returns its arrival. One statement, so that of many who are
    /// the first none overlooks another.
    static func lock(_ clientID: String, _ db: PostgresConnection) throws -> Date? {
        let row = try db.execute(
            """
            INSERT INTO session_inspector.budget AS known (client_id, arrival)
            VALUES (\(clientID), \(Milliseconds.lowest))
            ON CONFLICT (client_id) DO UPDATE SET arrival = known.arrival RETURNING arrival
            """
        ).first
        return row?.number(0).flatMap { $0 == Milliseconds.lowest ? nil : Milliseconds.date($0) }
    }

    /// Takes a request from the budget whose row is locked. Throws where it has to be waited for.
    static func spend(
        _ request: BudgetRequest, of clientID: String, arrival: Date?, at now: Date, _ db: PostgresConnection
    ) throws {
        switch request.budget.decide(arrival: arrival, now: now, tier: request.tier) {
        case .granted(let arrival):
            try db.execute(
                """
                UPDATE session_inspector.budget SET arrival = \(Milliseconds.nearest(arrival))
                WHERE client_id = \(clientID)
                """)
        case .notBefore(let date):
            throw StoreError.overBudget(until: date)
        }
    }

    /// Forgets at most `limit` arrivals that are past: they say no more than none. Those in use are left alone.
    static func forgetPast(at now: Date, limit: Int, _ db: PostgresConnection) throws {
        try db.execute(
            """
            DELETE FROM session_inspector.budget WHERE client_id IN (
                SELECT client_id FROM session_inspector.budget WHERE arrival <= \(Milliseconds.reached(at: now))
                ORDER BY arrival LIMIT \(limit) FOR UPDATE SKIP LOCKED
            )
            """)
    }
}
