import Foundation
package import VisitorSessions

extension SessionWrite {
    /// Purges overdue sessions and trims the journal: bounded, by index look-ups alone. `nil`: another process holds the
    /// maintenance lock.
    package func purge(_ retention: Retention, by actor: String, batch: Int) throws -> Tidied? {
        guard try MaintenanceLockRow.purge.claim(for: actor, clock, db) else { return nil }
        let now = try clock.now(db)
        let overdue = try overdue(at: now, retention, limit: batch + 1)
        let purged = Array(overdue.prefix(batch))
        // SQLite keeps the statement for one row compiled. Their tokens go with them: the schema says so.
        for group in db.dialect == .sqlite ? purged.map({ [$0] }) : [purged] {
            try db.run("DELETE FROM \(db.dialect.session) WHERE id IN \(group)")
        }
        let draft = JournalEntry.Draft(.purged, actor: actor)
        try end(purged.map { ($0, draft) })
        let end = try JournalRows.end(db)
        let oldest = Milliseconds.reached(at: now - retention.journalAge)
        let isOld: SQLText = "(at <= \(oldest) OR position <= \(end - retention.journalCount))"
        let trimmed = try trim(isOld, batch)
        try BudgetRows.forgetPast(at: now, limit: batch, db)
        let isMoreLeft = try overdue.count > batch || (trimmed == batch && isOldest(isOld))
        if !isMoreLeft { try MaintenanceLockRow.purge.release(db) }
        return Tidied(purgedSessions: purged.count, trimmedEntries: trimmed, isMoreLeft: isMoreLeft)
    }

    /// Rows that others are writing can wait.
    private func overdue(at now: Date, _ retention: Retention, limit: Int) throws -> [SessionID] {
        let query: SQLText = """
            SELECT id FROM \(db.dialect.session)
            WHERE \(db.dialect.isDiscarded) AND discarded_at <= \(Milliseconds.reached(at: now - retention.gracePeriod))
                AND (lease_deadline IS NULL OR lease_deadline <= \(Milliseconds.reached(at: now)))
            ORDER BY discarded_at LIMIT \(limit) \(db.dialect.skippingLocked)
            """
        return try db.rows(query) { $0.id(0) }
    }

    /// Deletes the old ones among a batch of the oldest entries.
    private func trim(_ isOld: SQLText, _ batch: Int) throws -> Int {
        try db.run(
            """
            DELETE FROM \(db.dialect.journal) WHERE \(isOld) AND position <= (
                SELECT max(position) FROM (
                    SELECT position FROM \(db.dialect.journal) ORDER BY position LIMIT \(batch)) AS oldest)
            """)
    }

    private func isOldest(_ isOld: SQLText) throws -> Bool {
        try db.first("SELECT \(isOld) FROM \(db.dialect.journal) ORDER BY position LIMIT 1") { $0.truth(0) } ?? false
    }
}
