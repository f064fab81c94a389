import Foundation
import VisitorSessions

/// The journal's entries on their way into and out of their table.
enum JournalRows {
    typealias Written = (session: SessionID, draft: JournalEntry.Draft)

    /// The channel on which commits are told.
    static let channel = "session_inspector"

    /// Ends a write: adds its entries, with the fingerprints of the tokens that the sessions have by now, and has every
    /// other store told when the transaction commits. The last statement of a transaction.
    ///
    /// Whoever comes here waits until the one before has committed: so entries appear in the order of their positions, and
    /// whoever reads on misses none. A sequence gives no such promise, and a transaction that is rolled back leaves no gap.
    static func append(
        _ entries: [Written], _ clock: StoreClock, by writer: String, _ db: PostgresConnection
    ) throws {
        let pulse = try db.execute(
            """
            UPDATE session_inspector.pulse SET position = position + \(entries.count), writes = writes + 1
            RETURNING position, pg_notify(\(channel), \(writer)) IS NULL
            """)
        guard !entries.isEmpty else { return }
        guard let end = pulse.first?.number(0) else {
            throw StoreError(.unusable, "The store has lost count of its journal. Take back a copy of it.")
        }
        let first = Int(end) - entries.count + 1
        for start in stride(from: 0, to: entries.count, by: batch) {
            try write(entries[start..<min(start + batch, entries.count)], from: first + start, clock, db)
        }
    }

    /// A statement takes 65,535 parameters.
    private static let batch = 5000

    private static func write(
        _ entries: ArraySlice<Written>, from first: Int, _ clock: StoreClock, _ db: PostgresConnection
    ) throws {
        let rows = entries.enumerated().map { index, entry -> SQL in
            let position = first + index
            let draft = entry.draft
            return """
                (\(position), \(clock.sql), \(entry.session), \(draft.event.rawValue), \(draft.actor),
                \(draft.outcome), \(draft.requestID), (
                    SELECT coalesce(refresh_fingerprint, access_fingerprint) FROM session_inspector.tokens
                    WHERE session = \(entry.session)))
                """
        }
        try db.execute(
            """
            INSERT INTO session_inspector.journal
                (position, at, session, event, actor, outcome, request_id, fingerprint)
            VALUES \(rows.joined(", "))
            """)
    }

    /// The newest entries of a session, newest first.
    static func newest(_ limit: Int, of id: SessionID) -> SQL {
        "\(columns) WHERE session = \(id) ORDER BY position DESC LIMIT \(max(limit, 0))"
    }

    /// The entries of all sessions behind `position`, oldest first.
    static func after(_ position: Int, limit: Int) -> SQL {
        "\(columns) WHERE position > \(position) ORDER BY position LIMIT \(max(limit, 0))"
    }

    /// The newest position that was ever given out.
    static let end: SQL = "SELECT position FROM session_inspector.pulse"

    /// Entries that cannot be read are passed over.
    static func entry(_ row: PostgresRow) -> JournalEntry? {
        guard let position = row.number(0), let at = row.date(1), let event = row.text(2), let actor = row.text(3),
            let session = row.id(7)
        else { return nil }
        return JournalEntry(
            position: Int(position), at: at, session: session,
            fingerprint: row.data(6).flatMap { TokenFingerprint($0) },
            draft: JournalEntry.Draft(
                JournalEntry.Event(rawValue: event), actor: actor, outcome: row.text(4), requestID: row.text(5)))
    }

    private static let columns: SQL = """
        SELECT position, at, event, actor, outcome, request_id, fingerprint, session FROM session_inspector.journal
        """
}
