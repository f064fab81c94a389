import Foundation
import VisitorSessions

/// The row of a maintenance lock: of many processes one purges, and one rotates keys.
package enum MaintenanceLockRow: String {
    case purge = "tidying"
    case keyRotation = "key rotation"

    /// Takes the lock for `holder`, or keeps it. Returns whether `holder` has it; in PostgreSQL its row is then locked
    /// until the transaction ends.
    package func claim(for holder: String, _ clock: StoreClock, _ db: any SQLConnection) throws -> Bool {
        let table = db.dialect.table("chore")
        let query = db.dialect.lockedRow(
            of: table, where: "name", is: rawValue, else: [("holder", "''"), ("deadline", "\(Milliseconds.lowest)")])
        let known = try db.first(query) { row -> ChoreClaim? in
            guard let holder = row.text(0), let deadline = row.date(1) else { return nil }
            return ChoreClaim(holder: holder, deadline: deadline)
        }
        let now = try clock.now(db)
        if let known, known.bars(holder, at: now) { return false }
        let claim = ChoreClaim(by: holder, at: now)
        try db.run(
            """
            INSERT INTO \(table) (name, holder, deadline)
            VALUES (\(rawValue), \(holder), \(Milliseconds.nearest(claim.deadline)))
            ON CONFLICT (name) DO UPDATE SET holder = excluded.holder, deadline = excluded.deadline
            """)
        return true
    }

    package func release(_ db: any SQLConnection) throws {
        try db.run("DELETE FROM \(db.dialect.table("chore")) WHERE name = \(rawValue)")
    }
}
