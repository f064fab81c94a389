import Foundation
import GRDB
public import VisitorSessions

extension SQLiteSessionStore {
    public func insert(
        _ session: VisitorSession, tokens: Tokens, entry: JournalEntry.Draft
    ) async throws(StoreError) -> VisitorSession {
        try await write(session.id, entry: entry) { [seal] db, write in
            guard try write.session(db) == nil else { throw StoreError.conflict(session.id) }
            let others: [(name: String, value: SQL)] = [
                ("id", "\(session.id.blob)"), ("version", "\(session.version + 1)"), ("key_id", "\(seal.keyID)"),
            ]
            try write.execute("INSERT INTO session \(SessionAssignments(session).values(after: others))", db)
            try TokensRow(seal: seal).write(tokens, of: session.id, db)
        }
    }

    public func update(
        _ session: VisitorSession, tokens: Tokens?, entry: JournalEntry.Draft?
    ) async throws(StoreError) -> VisitorSession {
        try await write(session.id, entry: entry) { [seal] db, write in
            try write.swap(session.version, "\(SessionAssignments(session).assignments)", db) { existing in
                guard existing.version == session.version else { throw StoreError.conflict(session.id) }
            }
            if let tokens { try TokensRow(seal: seal).write(tokens, of: session.id, db) }
        }
    }

    public func lease(
        _ session: VisitorSession, to holder: String, for duration: Duration
    ) async throws(StoreError) -> VisitorSession {
        let now = now
        return try await write(session.id, entry: nil) { db, write in
            // Read inside the transaction: whoever waited for the lock must not judge a lease by an old time.
            let now = now()
            let assignments: SQL = """
                lease_holder = \(ColumnText.expression(holder)),
                lease_deadline = \(Milliseconds.nearest(now + duration)), sent_at = \(Milliseconds.nearest(now))
                """
            try write.swap(session.version, assignments, db) { existing in
                if let lease = existing.lease, lease.deadline > now, lease.holder != holder {
                    throw StoreError.leased(session.id, by: lease.holder)
                }
                guard existing.version == session.version else { throw StoreError.conflict(session.id) }
            }
        }
    }

    /// One write of one session, with its journal entry: both or neither. Returns the session as it is stored.
    private func write(
        _ id: SessionID, entry: JournalEntry.Draft?,
        _ body: @escaping @Sendable (Database, SessionWrite) throws -> Void
    ) async throws(StoreError) -> VisitorSession {
        let write = SessionWrite(id: id, rows: rows)
        let now = now
        let written = try await database.write { db in
            try body(db, write)
            if let entry { try JournalRows.append(entry, to: id, at: now(), db) }
            guard let written = try write.session(db) else { throw StoreError.notFound(id) }
            return written
        }
        announceChange()
        return written
    }
}
