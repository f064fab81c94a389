import Foundation
import VisitorSessions

/// Who is at a chore of the store, so that of many processes one does it.
struct ChoreRow {
    static let tidying = ChoreRow(name: "tidying")

    let name: String

    /// Takes the chore for `holder`, or keeps it. Returns whether it is theirs; if so the row is locked until the
    /// transaction ends.
    func claim(for holder: String, _ clock: StoreClock, _ db: PostgresConnection) throws -> Bool {
        let row = try db.execute(
            """
            INSERT INTO session_inspector.chore AS known (name, holder, deadline)
            VALUES (\(name), '', \(Milliseconds.lowest))
            ON CONFLICT (name) DO UPDATE SET holder = known.holder RETURNING holder, deadline
            """
        ).first
        let now = try clock.now(db)
        if let known = row?.text(0), !known.isEmpty, let deadline = row?.date(1),
            ChoreClaim(holder: known, deadline: deadline).bars(holder, at: now)
        {
            return false
        }
        let claim = ChoreClaim(by: holder, at: now)
        try db.execute(
            """
            UPDATE session_inspector.chore SET holder = \(holder), deadline = \(Milliseconds.nearest(claim.deadline))
            WHERE name = \(name)
            """)
        return true
    }

    /// Gives the chore back.
    func release(_ db: PostgresConnection) throws {
        try db.execute("DELETE FROM session_inspector.chore WHERE name = \(name)")
    }
}
