import Foundation
import GRDB
import VisitorSessions

/// One tidying up: bounded, and index look-ups alone.
struct Tidying {
    let retention: Retention
    let actor: String
    let batch: Int
    let now: Date

    /// `nil`: somebody else is at it.
    func run(_ db: Database) throws -> Tidied? {
        guard try ChoreRow.tidying.claim(for: actor, at: now, db) else { return nil }
        var tidied = Tidied()
        let overdue = try overdue(db)
        for id in overdue.prefix(batch) {
            // Its tokens go with it: the schema says so.
            try db.run("DELETE FROM session WHERE id = \(id.blob)")
            try JournalRows.append(JournalEntry.Draft(.purged, actor: actor), to: id, at: now, db)
            tidied.purgedSessions += 1
        }
        tidied.trimmedEntries = try trim(db)
        try BudgetRows.forgetPast(at: now, limit: batch, db)
        tidied.isMoreLeft = try overdue.count > batch || (tidied.trimmedEntries == batch && isOldestOver(db))
        if !tidied.isMoreLeft { try ChoreRow.tidying.release(db) }
        return tidied
    }

    /// One more than a batch, so that it shows whether more is left.
    private func overdue(_ db: Database) throws -> [SessionID] {
        let rows = try db.rows(
            """
            SELECT id FROM session
            WHERE NOT listed AND discarded_at <= \(Milliseconds.reached(at: now - retention.gracePeriod))
                AND (lease_deadline IS NULL OR lease_deadline <= \(Milliseconds.reached(at: now)))
            ORDER BY discarded_at LIMIT \(batch + 1)
            """)
        var overdue: [SessionID] = []
        while let row = try rows.next() { overdue.append(SessionID(padding: row[0])) }
        return overdue
    }

    /// Looks at a batch of the oldest entries, and deletes those that are over.
    private func trim(_ db: Database) throws -> Int {
        try db.run(
            """
            DELETE FROM journal WHERE \(isOver(try JournalRows.end(db))) AND position <= (
                SELECT max(position) FROM (SELECT position FROM journal ORDER BY position LIMIT \(batch))
            )
            """)
        return db.changesCount
    }

    private func isOldestOver(_ db: Database) throws -> Bool {
        let end = try JournalRows.end(db)
        return try db.number("SELECT \(isOver(end)) FROM journal ORDER BY position LIMIT 1") == 1
    }

    private func isOver(_ end: Int) -> SQL {
        let oldest = Milliseconds.reached(at: now - retention.journalAge)
        return "(at <= \(oldest) OR position <= \(end - retention.journalCount))"
    }
}
