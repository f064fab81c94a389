import Foundation
import GRDB
import VisitorSessions

/// Who is at a chore of the store, so that of many processes one does it.
struct ChoreRow {
    static let tidying = ChoreRow(name: "tidying")
    static let rotation = ChoreRow(name: "key rotation")

    let name: String

    /// Takes the chore for `holder`, or keeps it. Returns whether it is theirs.
    func claim(for holder: String, at now: Date, _ db: Database) throws -> Bool {
        if let claim = try claim(db), claim.bars(holder, at: now) { return false }
        let claim = ChoreClaim(by: holder, at: now)
        try db.run(
            """
            INSERT INTO chore (name, holder, deadline)
            VALUES (\(name), \(ColumnText.expression(holder)), \(Milliseconds.nearest(claim.deadline)))
            ON CONFLICT DO UPDATE SET holder = excluded.holder, deadline = excluded.deadline
            """)
        return true
    }

    /// Gives the chore back.
    func release(_ db: Database) throws {
        try db.run("DELETE FROM chore WHERE name = \(name)")
    }

    private func claim(_ db: Database) throws -> ChoreClaim? {
        try db.first("SELECT holder, deadline FROM chore WHERE name = \(name)") { row in
            guard let holder = try ColumnText.text(of: row, at: 0),
                case .int64(let deadline) = (row[1] as DatabaseValue).storage
            else { return nil }
            return ChoreClaim(holder: holder, deadline: Milliseconds.date(deadline))
        }
    }
}
