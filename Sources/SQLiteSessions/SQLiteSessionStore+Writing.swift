import Foundation
import GRDB
public import VisitorSessions

extension SQLiteSessionStore {
    public func insert(
        _ session: VisitorSession, tokens: Tokens, entry: JournalEntry.Draft
    ) async throws(StoreError) -> VisitorSession {
        try await write(session.id, entry: entry) { db, write in
            let seal = write.seal
            guard try write.session(db) == nil else { throw StoreError.conflict(session.id) }
            try db.run(
                SessionAssignments.insertion, SessionAssignments(session).insertionValues(keyID: seal.keyID))
            if session.discardedAt == nil, let token = tokens.refreshToken?.value {
                try RefreshTokenRule(seal: seal).requireFree(token, for: session.id, mayKeep: false, db)
            }
            try TokensRow(seal: seal).write(tokens, of: session.id, db)
        }
    }

    public func insert(new sessions: [NewSession]) async throws(StoreError) -> [Insertion] {
        let (seal, moment) = (keys.seal, now())
        let prepared = try StoreError.mapping(at: url) {
            try sessions.map { try PreparedSession($0, seal: seal, at: moment) }
        }
        var insertions: [Insertion] = []
        defer { if insertions.contains(.stored) { announceChange() } }
        // Where others wait to write fewer go in at a time: no more are looked up than are likely to.
        var share = sessions.count
        while insertions.count < sessions.count {
            do {
                let next = try await insert(prepared[insertions.count...].prefix(share))
                insertions += next
                share = 2 * next.count
            } catch {
                guard insertions.isEmpty else { break }
                throw error
            }
        }
        return insertions
    }

    /// In one write, the first of them, or all where nobody else waits to write.
    private func insert(_ sessions: ArraySlice<PreparedSession>) async throws(StoreError) -> [Insertion] {
        try await database.write { [keys, now] db, turn in
            // The rows of many sessions stand all over the indexes: with little memory each page is written many times.
            if sessions.count >= 1000 { try db.execute(sql: "PRAGMA cache_size = -131072") }
            let seal = try keys.seal(naming: StoreMetadata.keyID(db))
            let insertion = try BatchInsertion(db, seal: seal, at: now())
            return try SchemaVersion4.inBulk(db) { try insertion.insert(sessions, until: { turn.isWanted }) }
        }
    }

    public func update(
        _ session: VisitorSession, tokens: Tokens?, entry: JournalEntry.Draft?
    ) async throws(StoreError) -> VisitorSession {
        try await write(session.id, entry: entry) { db, write in
            let seal = write.seal
            var wasInUse = true
            try write.swap(session.version, db) { existing in
                guard existing.version == session.version else { throw StoreError.conflict(session.id) }
                wasInUse = existing.discardedAt == nil
                let change = SessionAssignments(session).change(of: existing)
                return tokens == nil ? change : change + RowChange("key_id = ?", [seal.keyID])
            }
            let row = TokensRow(seal: seal)
            if session.discardedAt == nil, tokens != nil || !wasInUse,
                let token = try (tokens ?? row.tokens(of: session.id, db)).refreshToken?.value
            {
                try RefreshTokenRule(seal: seal).requireFree(token, for: session.id, mayKeep: wasInUse, db)
            }
            if let tokens { try row.write(tokens, of: session.id, db) }
        }
    }

    public func lease(
        _ session: VisitorSession, to holder: String, for duration: Duration, within request: BudgetRequest?
    ) async throws(StoreError) -> VisitorSession {
        let (now, room) = (now, AnswerRoom(url: url))
        return try await write(session.id, entry: nil) { db, write in
            // Read inside the transaction: whoever waited for the lock must not judge a lease by an old time.
            let now = now()
            let lease = SessionLease(holder: holder, from: now, for: duration)
            try write.swap(session.version, db) { existing in
                if let lease = existing.lease, lease.bars(holder, at: now) {
                    throw StoreError.leased(session.id, by: lease.holder, until: lease.deadline)
                }
                guard existing.version == session.version else { throw StoreError.conflict(session.id) }
                return RowChange(
                    "lease_holder = CAST(? AS TEXT), lease_deadline = ?, sent_at = ?",
                    [ColumnText.bytes(holder), Milliseconds.nearest(lease.deadline), Milliseconds.nearest(now)])
            }
            if let request { try BudgetRows.spend(request, of: session.clientID, at: now, db) }
            try room.reserve(at: now, db)
        }
    }

    public func spend(_ request: BudgetRequest, of clientID: String) async throws(StoreError) {
        let (now, room) = (now, AnswerRoom(url: url))
        try await database.write { db in
            try BudgetRows.spend(request, of: clientID, at: now(), db)
            try room.reserve(for: 1, at: now(), db)
        }
        announceChange()
    }

    public func tidy(_ retention: Retention, by actor: String, batch: Int) async throws(StoreError) -> Tidied? {
        let now = now
        let tidied = try await database.write { db in
            try Tidying(retention: retention, actor: actor, batch: batch, now: now()).run(db)
        }
        announceChange()
        return tidied
    }

    public func store(_ reading: ClockReading, of issuer: String) async throws(StoreError) {
        let now = now
        try await database.write { db in try ClockRows.store(reading, of: issuer, at: now(), db) }
        announceChange()
    }

    /// One write of one session, with its journal entry: both or neither. Returns the session as it is stored.
    private func write(
        _ id: SessionID, entry: JournalEntry.Draft?,
        _ body: @escaping @Sendable (Database, SessionWrite) throws -> Void
    ) async throws(StoreError) -> VisitorSession {
        let now = now
        let written = try await database.write { [keys] db in
            let write = SessionWrite(id: id, seal: try keys.seal(naming: StoreMetadata.keyID(db)))
            try body(db, write)
            if let entry { try JournalRows.append(entry, to: id, at: now(), db) }
            guard let written = try write.session(db) else { throw StoreError.notFound(id) }
            return written
        }
        announceChange()
        return written
    }
}
