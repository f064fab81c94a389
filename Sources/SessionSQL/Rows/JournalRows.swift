package import Foundation
package import VisitorSessions

/// The journal's entries on their way into and out of their table.
package enum JournalRows {
    package typealias Written = (session: SessionID, draft: JournalEntry.Draft)

    /// The channel on which PostgreSQL announces commits.
    package static let channel = "session_inspector"

    // MARK: Writing

    /// Adds the entries of a write, with the fingerprints that the sessions have now, and announces the write as
    /// `writer`'s. The last statements of a transaction.
    ///
    /// In PostgreSQL a writer waits here until the one before has committed. So entries appear in the order of their
    /// positions, and a reader that goes on from the last one misses none; a sequence doesn't promise that.
    package static func append(
        _ entries: [Written], _ clock: StoreClock, by writer: String, _ db: any SQLConnection
    ) throws {
        let dialect = db.dialect
        guard dialect == .postgres else {
            for entry in entries { try db.run(insertion(of: [row(entry, at: nil, clock, dialect)], dialect)) }
            return
        }
        let head: SQLText = """
            UPDATE \(dialect.table("pulse")) SET position = position + \(entries.count), writes = writes + 1
            RETURNING position, pg_notify(\(channel), \(writer)) IS NULL
            """
        guard let end = try db.number(head) else {
            throw StoreError(.unusable, "The store has lost count of its journal. Take back a copy of it.")
        }
        let first = end - Int64(entries.count) + 1
        for start in stride(from: 0, to: entries.count, by: batch) {
            let rows = entries[start..<min(start + batch, entries.count)].enumerated().map { index, entry in
                row(entry, at: first + Int64(start + index), clock, dialect)
            }
            try db.run(insertion(of: rows, dialect))
        }
    }

    /// A statement takes 65,535 parameters.
    private static let batch = 5000

    private static func row(_ entry: Written, at position: Int64?, _ clock: StoreClock, _ dialect: Dialect) -> SQLText {
        let draft = entry.draft
        return """
            (\(position), \(clock.sql), \(entry.session), \(draft.event.rawValue), \(draft.actor), \(draft.outcome),
            \(draft.requestID), (SELECT coalesce(refresh_fingerprint, access_fingerprint) FROM \(dialect.tokens)
            WHERE session = \(entry.session)))
            """
    }

    private static func insertion(of rows: [SQLText], _ dialect: Dialect) -> SQLText {
        """
        INSERT INTO \(dialect.journal) (position, at, session, event, actor, outcome, request_id, fingerprint)
        VALUES \(rows.joined(", "))
        """
    }

    /// The statement that adds an entry of ``values(_:of:at:fingerprint:)``, for SQLite.
    package static let insertion = insertion(of: [SQLText(raw: "(NULL, \(SQLText.marks(7)))")], .sqlite).text

    /// An entry of a session that has just been given tokens of this fingerprint.
    package static func values(
        _ draft: JournalEntry.Draft, of id: SessionID, at now: Date, fingerprint: Data?
    ) -> [SQLText.Value] {
        [.time(now), .id(id)]
            + [draft.event.rawValue, draft.actor, draft.outcome, draft.requestID].map(SQLText.Value.storable)
            + [.bytes(fingerprint)]
    }

    // MARK: Reading

    /// The newest entries of a session, newest first.
    package static func newest(_ limit: Int, of id: SessionID, _ dialect: Dialect) -> SQLText {
        "\(selection(dialect)) WHERE session = \(id) ORDER BY position DESC \(end(limit, dialect))"
    }

    /// The entries of all sessions behind `position`, oldest first.
    package static func after(_ position: Int, limit: Int, _ dialect: Dialect) -> SQLText {
        "\(selection(dialect)) WHERE position > \(position) ORDER BY position \(end(limit, dialect))"
    }

    private static func selection(_ dialect: Dialect) -> SQLText {
        """
        SELECT position, at, event, actor, outcome, request_id, fingerprint, session FROM \(dialect.journal)
        """
    }

    /// SQLite's rows may be unreadable, and don't count then: its rows are read until there are enough.
    private static func end(_ limit: Int, _ dialect: Dialect) -> SQLText {
        dialect == .sqlite ? "" : "LIMIT \(max(limit, 0))"
    }

    /// The newest position that was ever given out.
    package static func end(_ db: any SQLConnection) throws -> Int {
        let query: SQLText =
            db.dialect == .sqlite
            ? "SELECT seq FROM sqlite_sequence WHERE name = 'journal'"
            : "SELECT position FROM \(db.dialect.table("pulse"))"
        return try db.number(query).map(Int.init) ?? 0
    }

    /// `nil` if it can't be read.
    package static func entry(_ row: any SQLRow) -> JournalEntry? {
        guard let position = row.number(0), let time = row.number(1), let event = row.text(2), let actor = row.text(3),
            let session = row.id(7), !row.isNull(7)
        else { return nil }
        return JournalEntry(
            position: Int(position), at: Milliseconds.date(time), session: session,
            fingerprint: row.bytes(6).flatMap { TokenFingerprint($0) },
            draft: JournalEntry.Draft(
                JournalEntry.Event(rawValue: event), actor: actor, outcome: row.text(4), requestID: row.text(5)))
    }
}
