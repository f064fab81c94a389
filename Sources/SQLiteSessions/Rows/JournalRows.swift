import Foundation
import GRDB
import VisitorSessions

/// The journal's entries on their way into and out of their table.
enum JournalRows {
    static func append(_ entry: JournalEntry.Draft, to id: SessionID, at now: Date, _ db: Database) throws {
        let statement: SQL = """
            INSERT INTO journal (session, at, event, actor, outcome, request_id) VALUES (
                \(id.blob), \(Milliseconds.nearest(now)), \(entry.event.rawValue),
                \(ColumnText.expression(entry.actor)), \(ColumnText.expression(entry.outcome)),
                \(ColumnText.expression(entry.requestID))
            )
            """
        let (sql, arguments) = try statement.build(db)
        try db.cachedStatement(sql: sql).execute(arguments: arguments)
    }

    /// The newest entries of a session, newest first. Entries that cannot be read, such as those of an event
    /// that a newer version knows, are left out.
    static func newest(_ limit: Int, of id: SessionID, _ db: Database) throws -> [JournalEntry] {
        let sql = """
            SELECT position, at, event, actor, outcome, request_id FROM journal
            WHERE session = ? ORDER BY position DESC LIMIT ?
            """
        let rows = try Row.fetchCursor(db.cachedStatement(sql: sql), arguments: [id.blob, max(limit, 0)])
        var entries: [JournalEntry] = []
        while let row = try rows.next() {
            if let entry = try entry(row, of: id) { entries.append(entry) }
        }
        return entries
    }

    private static func entry(_ row: Row, of id: SessionID) throws -> JournalEntry? {
        guard case .int64(let position) = (row[0] as DatabaseValue).storage,
            case .int64(let time) = (row[1] as DatabaseValue).storage,
            let event = try ColumnText.text(of: row, at: 2).flatMap(JournalEntry.Event.init(rawValue:)),
            let actor = try ColumnText.text(of: row, at: 3)
        else { return nil }
        return JournalEntry(
            position: Int(position), at: Milliseconds.date(time), session: id,
            draft: JournalEntry.Draft(
                event, actor: actor, outcome: try ColumnText.text(of: row, at: 4),
                requestID: try ColumnText.text(of: row, at: 5)))
    }
}
