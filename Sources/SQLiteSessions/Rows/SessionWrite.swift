import GRDB
import VisitorSessions

/// The writing of one session's row, inside a transaction.
struct SessionWrite {
    let id: SessionID
    let seal: TokenSeal

    private var rows: SessionRow { seal.rows }

    /// The session as the row has it now.
    func session(_ db: Database) throws -> VisitorSession? {
        try rows.session(db, id)
    }

    /// Compare-and-swap: changes the row where it still has `version` and is sound. A damaged row is never written.
    ///
    /// `change` says what to do with what is found there, and refuses where something stands against it.
    func swap(_ version: Int, _ db: Database, by change: (VisitorSession) throws -> RowChange) throws {
        guard let existing = try session(db) else { throw StoreError.notFound(id) }
        if let damage = existing.damage { throw StoreError.damaged(id, damage) }
        let change = try change(existing)
        try db.run(
            """
            UPDATE session SET \(change.assignments), version = version + 1
            WHERE id = ? AND version = ? AND damage IS NULL AND key_id IN (\(databaseQuestionMarks(count: rows.keyIDs.count)))
            """, change.values + [id.blob, version] + rows.keyIDs)
        // Nobody else writes between the look and the swap; this holds even if somebody did.
        guard db.changesCount == 1 else { throw StoreError.conflict(id) }
    }
}
