import Foundation
import VisitorSessions

/// One tidying up: bounded, and index look-ups alone.
struct Tidying {
    let retention: Retention
    let actor: String
    let batch: Int
    let clock: StoreClock
    let writer: String

    /// `nil`: somebody else is at it.
    func run(_ db: PostgresConnection) throws -> Tidied? {
        guard try ChoreRow.tidying.claim(for: actor, clock, db) else { return nil }
        let now = try clock.now(db)
        let overdue = try overdue(at: now, db)
        let purged = Array(overdue.prefix(batch))
        // Their tokens go with them: the schema says so.
        try db.execute("DELETE FROM session_inspector.session WHERE id IN \(purged)")
        let draft = JournalEntry.Draft(.purged, actor: actor)
        try JournalRows.append(purged.map { ($0, draft) }, clock, by: writer, db)
        let end = try Int(db.execute(JournalRows.end).first?.number(0) ?? 0)
        let trimmed = try trim(isOver(at: now, end), db)
        try BudgetRows.forgetPast(at: now, limit: batch, db)
        let isMoreLeft = try overdue.count > batch || (trimmed == batch && isOldestOver(isOver(at: now, end), db))
        if !isMoreLeft { try ChoreRow.tidying.release(db) }
        return Tidied(purgedSessions: purged.count, trimmedEntries: trimmed, isMoreLeft: isMoreLeft)
    }

    /// One more than a batch, so that it shows whether more is left. What somebody writes just now has time.
    private func overdue(at now: Date, _ db: PostgresConnection) throws -> [SessionID] {
        try db.execute(
            """
            SELECT id FROM session_inspector.session
            WHERE discarded_at <= \(Milliseconds.reached(at: now - retention.gracePeriod))
                AND (lease_deadline IS NULL OR lease_deadline <= \(Milliseconds.reached(at: now)))
            ORDER BY discarded_at LIMIT \(batch + 1) FOR UPDATE SKIP LOCKED
            """
        ).rows.compactMap { $0.id(0) }
    }

    /// Looks at a batch of the oldest entries, and deletes those that are over.
    private func trim(_ isOver: SQL, _ db: PostgresConnection) throws -> Int {
        try db.execute(
            """
            DELETE FROM session_inspector.journal WHERE \(isOver) AND position <= (
                SELECT max(position) FROM (
                    SELECT position FROM session_inspector.journal ORDER BY position LIMIT \(batch)) AS oldest)
            """
        ).changes
    }

    private func isOldestOver(_ isOver: SQL, _ db: PostgresConnection) throws -> Bool {
        try db.execute("SELECT \(isOver) FROM session_inspector.journal ORDER BY position LIMIT 1").first?.truth(0)
            == true
    }

    private func isOver(at now: Date, _ end: Int) -> SQL {
        let oldest = Milliseconds.reached(at: now - retention.journalAge)
        return "(at <= \(oldest) OR position <= \(end - retention.journalCount))"
    }
}
