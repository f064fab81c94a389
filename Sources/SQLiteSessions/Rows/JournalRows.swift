import Foundation
import GRDB
import VisitorSessions

/// The journal's entries on their way into and out of their table.
enum JournalRows {
    /// Adds an entry, with the fingerprint of the tokens that the session has by now.
    static func append(_ entry: JournalEntry.Draft, to id: SessionID, at now: Date, _ db: Database) throws {
        let fingerprint = "SELECT coalesce(refresh_fingerprint, access_fingerprint) FROM tokens WHERE session = ?1"
        try db.run(insertion("(\(fingerprint))"), values(entry, id, now))
    }

    /// The statement that adds an entry of ``values(_:_:_:fingerprint:)``.
    static let insertion = insertion("?")

    /// An entry of a session that has just been given tokens of this fingerprint.
    static func values(
        _ entry: JournalEntry.Draft, _ id: SessionID, _ now: Date, fingerprint: Data?
    ) -> StatementArguments {
        StatementArguments(values(entry, id, now) + [fingerprint])
    }

    private static func insertion(_ fingerprint: String) -> String {
        """
        INSERT INTO journal (session, at, event, actor, outcome, request_id, fingerprint)
        VALUES (?1, ?, CAST(? AS TEXT), CAST(? AS TEXT), CAST(? AS TEXT), CAST(? AS TEXT), \(fingerprint))
        """
    }

    private static func values(
        _ entry: JournalEntry.Draft, _ id: SessionID, _ now: Date
    ) -> [(any DatabaseValueConvertible)?] {
        [id.blob, Milliseconds.nearest(now)]
            + [entry.event.rawValue, entry.actor, entry.outcome, entry.requestID].map(ColumnText.bytes)
    }

    /// The newest entries of a session, newest first.
    static func newest(_ limit: Int, of id: SessionID, _ db: Database) throws -> [JournalEntry] {
        try entries(limit, "WHERE session = \(id.blob) ORDER BY position DESC", db)
    }

    /// The entries of all sessions behind `position`, oldest first.
    static func after(_ position: Int, limit: Int, _ db: Database) throws -> [JournalEntry] {
        try entries(limit, "WHERE position > \(position) ORDER BY position", db)
    }

    /// The newest position that was ever given out.
    static func end(_ db: Database) throws -> Int {
        try db.number("SELECT seq FROM sqlite_sequence WHERE name = 'journal'").map(Int.init) ?? 0
    }

    /// Entries that cannot be read are passed over, and do not count.
    private static func entries(_ limit: Int, _ condition: SQL, _ db: Database) throws -> [JournalEntry] {
        let rows = try db.rows(
            """
            SELECT position, at, event, actor, outcome, request_id, fingerprint, session FROM journal \(condition)
            """)
        var entries: [JournalEntry] = []
        while entries.count < limit, let row = try rows.next() {
            if let entry = try entry(row) { entries.append(entry) }
        }
        return entries
    }

    private static func entry(_ row: Row) throws -> JournalEntry? {
        guard case .int64(let position) = (row[0] as DatabaseValue).storage,
            case .int64(let time) = (row[1] as DatabaseValue).storage,
            let event = try ColumnText.text(of: row, at: 2), let actor = try ColumnText.text(of: row, at: 3),
            case .blob(let session) = (row[7] as DatabaseValue).storage
        else { return nil }
        var entry = JournalEntry(
            position: Int(position), at: Milliseconds.date(time), session: SessionID(padding: session),
            draft: JournalEntry.Draft(
                JournalEntry.Event(rawValue: event), actor: actor, outcome: try ColumnText.text(of: row, at: 4),
                requestID: try ColumnText.text(of: row, at: 5)))
        if case .blob(let fingerprint) = (row[6] as DatabaseValue).storage {
            entry.fingerprint = TokenFingerprint(fingerprint)
        }
        return entry
    }
}
