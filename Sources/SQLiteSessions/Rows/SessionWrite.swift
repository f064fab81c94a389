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

    /// Compare-and-swap: assigns where the row still has `version` and is sound. A damaged row is never written.
    ///
    /// `check` refuses what is found there, where something stands against it.
    func swap(
        _ version: Int, _ assignments: SQL, _ db: Database, after check: (VisitorSession) throws -> Void
    ) throws {
        guard let existing = try session(db) else { throw StoreError.notFound(id) }
        if let damage = existing.damage { throw StoreError.damaged(id, damage) }
        try check(existing)
        try db.run(
            """
            UPDATE session SET \(assignments), version = version + 1
            WHERE id = \(id.blob) AND version = \(version) AND damage IS NULL AND key_id IN \(rows.keyIDs)
            """)
        // Nobody else writes between the look and the swap; this holds even if somebody did.
        guard db.changesCount == 1 else { throw StoreError.conflict(id) }
    }
}
