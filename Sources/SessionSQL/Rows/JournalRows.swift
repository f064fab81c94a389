package import Foundation
package import VisitorSessions

package enum JournalRows {
    package typealias Written = (session: SessionID, draft: JournalEntry.Draft)

    /// The PostgreSQL notification channel for commits.
    package static let channel = "session_inspector"

    // MARK: Writing

    /// Appends the entries of a write, with the sessions' current fingerprints, and announces the write as `writer`'s.
    /// Must be the last statements of a transaction.
    ///
    /// PostgreSQL: a writer waits here until the previous one commits, so entries become visible in the order of their
    /// positions and a reader that continues from the last position misses none. A sequence doesn't guarantee that.
    package static func append(
        _ entries: [Written], _ clock: StoreClock, by writer: String, _ db: any SQLConnection
    ) throws {
        let dialect = db.dialect
        guard dialect == .postgres else {
            for entry in entries { try db.run(insertion(of: [row(entry, at: nil, clock, dialect)], dialect)) }
            return
        }
        let head: SQLText = """
            UPDATE \(dialect.table("journal_head")) SET position = position + \(entries.count), writes = writes + 1
            RETURNING position, pg_notify(\(channel), \(writer)) IS NULL
            """
        guard let end = try db.number(head) else {
            throw StoreError(.unusable, "The store's journal position is missing. Restore a backup.")
        }
        let first = end - Int64(entries.count) + 1
        for start in stride(from: 0, to: entries.count, by: batch) {
            let rows = entries[start..<min(start + batch, entries.count)].enumerated().map { index, entry in
                row(entry, at: first + Int64(start + index), clock, dialect)
            }
            try db.run(insertion(of: rows, dialect))
        }
    }

    /// PostgreSQL limits a statement to 65,535 parameters.
    private static let batch = 5000

    private static func row(_ entry: Written, at position: Int64?, _ clock: StoreClock, _ dialect: Dialect) -> SQLText {
        let draft = entry.draft
        return """
            (\(position), \(clock.sql), \(entry.session), \(draft.event.rawValue), \(draft.actor), \(draft.outcome),
            \(draft.requestID), (SELECT coalesce(refresh_fingerprint, access_fingerprint) FROM \(dialect.tokens)
            WHERE session = \(entry.session)), \(draft.duration?.inMilliseconds))
            """
    }

    private static func insertion(of rows: [SQLText], _ dialect: Dialect) -> SQLText {
        """
        INSERT INTO \(dialect.journal) (position, at, session, event, actor, outcome, request_id, fingerprint, duration)
        VALUES \(rows.joined(", "))
        """
    }

    /// SQLite's statement for ``values(_:of:at:fingerprint:)``.
    package static let insertion = insertion(of: [SQLText(raw: "(NULL, \(SQLText.placeholders(8)))")], .sqlite).text

    package static func values(
        _ draft: JournalEntry.Draft, of id: SessionID, at now: Date, fingerprint: Data?
    ) -> [SQLText.Value] {
        [.time(now), .id(id)]
            + [draft.event.rawValue, draft.actor, draft.outcome, draft.requestID].map(SQLText.Value.storable)
            + [.bytes(fingerprint), .number(draft.duration?.inMilliseconds)]
    }

    // MARK: Reading

    /// A session's newest entries, newest first.
    package static func newest(_ limit: Int, of id: SessionID, _ dialect: Dialect) -> SQLText {
        "\(selection(dialect)) WHERE session = \(id) ORDER BY position DESC \(limitClause(limit, dialect))"
    }

    /// Entries of all sessions after `position`, oldest first.
    package static func after(_ position: Int, limit: Int, _ dialect: Dialect) -> SQLText {
        "\(selection(dialect)) WHERE position > \(position) ORDER BY position \(limitClause(limit, dialect))"
    }

    private static func selection(_ dialect: Dialect) -> SQLText {
        """
        SELECT position, at, event, actor, outcome, request_id, fingerprint, session, duration FROM \(dialect.journal)
        """
    }

    /// SQLite may hold unreadable rows, which don't count: the reader stops when it has enough.
    private static func limitClause(_ limit: Int, _ dialect: Dialect) -> SQLText {
        dialect == .sqlite ? "" : "LIMIT \(max(limit, 0))"
    }

    /// The highest position ever assigned.
    package static func head(_ db: any SQLConnection) throws -> Int {
        let query: SQLText =
            db.dialect == .sqlite
            ? "SELECT seq FROM sqlite_sequence WHERE name = 'journal'"
            : "SELECT position FROM \(db.dialect.table("journal_head"))"
        return try db.number(query).map(Int.init) ?? 0
    }

    /// `nil` if the row is unreadable.
    package static func entry(_ row: any SQLRow) -> JournalEntry? {
        guard let position = row.number(0), let time = row.number(1), let event = row.text(2), let actor = row.text(3),
            let session = row.id(7), !row.isNull(7)
        else { return nil }
        return JournalEntry(
            position: Int(position), at: Milliseconds.date(time), session: session,
            fingerprint: row.bytes(6).flatMap { TokenFingerprint($0) },
            draft: JournalEntry.Draft(
                JournalEntry.Event(rawValue: event), actor: actor, outcome: row.text(4), requestID: row.text(5),
                duration: row.number(8).map { .milliseconds($0) }))
    }
}
