import Foundation
package import VisitorSessions

/// The writes of sessions, inside a transaction: everything is written, or an error undoes it.
///
/// In PostgreSQL rows are locked before they are judged: a session's first, then its client's budget, and the journal's
/// end last, so that no two writes wait for each other.
package struct SessionWrite {
    package let db: any SQLConnection
    package let clock: StoreClock
    private let keys: StoreKeys

    /// The name by which other stores tell this one's writes from their own.
    private let writer: String

    package init(_ db: any SQLConnection, keys: StoreKeys, clock: StoreClock, writer: String) {
        self.db = db
        self.keys = keys
        self.clock = clock
        self.writer = writer
    }

    private var dialect: Dialect { db.dialect }

    // MARK: Sessions

    package func insert(
        _ session: VisitorSession, tokens: Tokens, entry: JournalEntry.Draft
    ) throws -> VisitorSession {
        try session.requireValidLabel()
        let seal = try sealingSeal()
        guard try !isTaken(session.id) else { throw StoreError.conflict(session.id) }
        if session.discardedAt == nil, let token = tokens.refreshToken?.value {
            try requireFree(token, for: session.id, mayKeep: false, seal)
        }
        let inserted = try insert(session, tokens: tokens, seal)
        try end([(session.id, entry)])
        return inserted
    }

    package func update(
        _ session: VisitorSession, tokens: Tokens?, entry: JournalEntry.Draft?
    ) throws -> VisitorSession {
        let (existing, present) = try lock(session.id)
        guard existing.version == session.version else { throw StoreError.conflict(session.id) }
        try session.requireValidLabel(replacing: existing.label)
        let seal = tokens == nil ? present : try sealingSeal()
        var session = session
        // A grace period goes by the clock that it is purged by: by a host's that is behind, it would be purged at once.
        if dialect == .postgres, session.discardedAt != nil, existing.discardedAt == nil {
            session.discardedAt = try clock.now(db)
        }
        let change = SessionValues(session).change(of: existing)
        let updated = try assign(
            tokens == nil ? change : SQLText(change.text + ", key_id = ?", change.values + [.bytes(seal.keyID)]),
            to: existing,
            seal)
        let isInUse = session.discardedAt == nil
        let wasInUse = existing.discardedAt == nil
        let row = TokensRow(seal: seal)
        if isInUse, tokens != nil || !wasInUse,
            let token = try (tokens ?? row.tokens(of: session.id, db)).refreshToken?.value
        {
            try requireFree(token, for: session.id, mayKeep: wasInUse, seal)
        }
        if let tokens {
            try row.write(tokens, of: session, db)
        } else if dialect == .postgres, isInUse != wasInUse {
            try db.run("UPDATE \(dialect.tokens) SET in_use = \(isInUse) WHERE session = \(session.id)")
        }
        try end(entry.map { [(session.id, $0)] } ?? [])
        return updated
    }

    package func lease(
        _ session: VisitorSession, to holder: String, for duration: Duration, within request: BudgetRequest?
    ) throws -> VisitorSession {
        let (existing, seal) = try lock(session.id)
        let now = try clock.now(db)
        if let lease = existing.lease, lease.blocks(holder, at: now) {
            throw StoreError.leased(session.id, by: lease.holder, until: lease.deadline)
        }
        guard existing.version == session.version else { throw StoreError.conflict(session.id) }
        if let request { try BudgetRows.spend(request, of: session.clientID, at: now, db) }
        let lease = SessionLease(holder: holder, from: now, for: duration)
        let leased = try assign(
            SQLText(
                "lease_holder = ?, lease_deadline = ?, sent_at = ?",
                [.storable(holder), .time(lease.deadline), .time(now)]), to: existing, seal)
        try end([])
        return leased
    }

    /// Inserts a session that may be inserted. Its entry is the caller's to add.
    package func insert(_ session: VisitorSession, tokens: Tokens, _ seal: TokenSeal) throws -> VisitorSession {
        let insertion = SQLText(
            SessionValues.insertion(dialect), SessionValues(session).insertionValues(keyID: seal.keyID))
        let inserted = try stored(insertion, session.id, seal)
        try TokensRow(seal: seal).write(tokens, of: session, db)
        return inserted
    }

    package func isTaken(_ id: SessionID) throws -> Bool {
        try db.first("SELECT 1 FROM \(dialect.session) WHERE id = \(id)") { _ in true } ?? false
    }

    // MARK: Others

    package func spend(_ request: BudgetRequest, of clientID: String) throws {
        try BudgetRows.spend(request, of: clientID, at: clock.now(db), db)
        try end([])
    }

    /// Ends the write: adds its entries to the journal, and announces it.
    package func end(_ entries: [JournalRows.Written]) throws {
        try JournalRows.append(entries, clock, by: writer, db)
    }

    /// The seal with the key that the database names, which stays so until the transaction ends: no token is sealed with
    /// a key that a rotation has replaced meanwhile.
    package func sealingSeal() throws -> TokenSeal {
        let query: SQLText = "SELECT value FROM \(dialect.table("metadata")) WHERE name = 'key_id' \(dialect.forShare)"
        return try keys.seal(naming: db.first(query) { $0.bytes(0) })
    }

    // MARK: Pieces

    /// The session as its row has it, which no one else writes until the transaction ends. Throws if it is damaged.
    private func lock(_ id: SessionID) throws -> (session: VisitorSession, seal: TokenSeal) {
        let found = try db.first("\(dialect.session(id)) \(dialect.forUpdate)") { row in
            let seal = try keys.seal(naming: row.bytes(row.count - 1))
            return seal.rows(dialect).session(row).map { (session: $0, seal: seal) }
        }
        guard let found else { throw StoreError.notFound(id) }
        if let damage = found.session.damage { throw StoreError.damaged(id, damage) }
        return found
    }

    /// Assigns to a locked row, with its next version.
    private func assign(_ assignments: SQLText, to existing: VisitorSession, _ seal: TokenSeal) throws -> VisitorSession
    {
        let update = SQLText(
            "UPDATE \(dialect.session.text) SET \(assignments.text), version = version + 1 WHERE id = ? AND version = ?",
            assignments.values + [.id(existing.id), .number(Int64(existing.version))])
        return try stored(update, existing.id, seal)
    }

    /// Executes a statement that writes one row, and returns the session as it is stored. Older versions of SQLite have no
    /// `RETURNING`.
    private func stored(_ statement: SQLText, _ id: SessionID, _ seal: TokenSeal) throws -> VisitorSession {
        let rows = seal.rows(dialect)
        let written: VisitorSession?
        if dialect == .postgres {
            written = try db.first("\(statement) RETURNING \(dialect.sessionColumns)", rows.session)
        } else {
            guard try db.run(statement) == 1 else { throw StoreError.conflict(id) }
            written = try db.first(
                "SELECT \(dialect.sessionColumns) FROM \(dialect.session) WHERE id = \(id)", rows.session)
        }
        guard let written else { throw StoreError.conflict(id) }
        return written
    }

    /// Throws if another session in use than `id` holds the refresh token. In PostgreSQL the index `tokens_in_use` stops
    /// another transaction that writes it at the same time; that one runs again, and finds the holder here.
    ///
    /// - Parameter mayKeep: Whether the session may have what it has already: it was in use with it.
    private func requireFree(_ token: Secret, for id: SessionID, mayKeep: Bool, _ seal: TokenSeal) throws {
        let query: SQLText = """
            SELECT tokens.session FROM \(dialect.tokens) JOIN \(dialect.session) ON session.id = tokens.session
            WHERE refresh_fingerprint IN \(seal.fingerprints(token).map(\.bytes)) AND discarded_at IS NULL
            """
        var holders = Set(try db.rows(query) { $0.id(0) })
        let isKept = holders.remove(id) != nil && mayKeep
        if !isKept, let holder = holders.min() { throw StoreError.duplicate(of: holder) }
    }
}

extension SessionWrite {
    /// Purges overdue sessions and trims the journal: bounded, by index look-ups alone. `nil`: another process holds the
    /// maintenance lock.
    package func purge(_ retention: Retention, by actor: String, batch: Int) throws -> PurgeResult? {
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
        let oldest = Milliseconds.floor(now - retention.journalAge)
        let isOld: SQLText = "(at <= \(oldest) OR position <= \(end - retention.journalCount))"
        let trimmed = try trim(isOld, batch)
        try BudgetRows.forgetPast(at: now, limit: batch, db)
        let isMoreLeft = try overdue.count > batch || (trimmed == batch && isOldest(isOld))
        if !isMoreLeft { try MaintenanceLockRow.purge.release(db) }
        return PurgeResult(purgedSessions: purged.count, trimmedEntries: trimmed, isMoreLeft: isMoreLeft)
    }

    /// Rows that others are writing can wait.
    private func overdue(at now: Date, _ retention: Retention, limit: Int) throws -> [SessionID] {
        let query: SQLText = """
            SELECT id FROM \(db.dialect.session)
            WHERE \(db.dialect.isDiscarded) AND discarded_at <= \(Milliseconds.floor(now - retention.gracePeriod))
                AND (lease_deadline IS NULL OR lease_deadline <= \(Milliseconds.floor(now)))
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
