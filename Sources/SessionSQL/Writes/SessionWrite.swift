package import Foundation
package import VisitorSessions

/// Writes of sessions inside a transaction; an error rolls it back.
///
/// PostgreSQL locks rows in a fixed order, which prevents deadlocks: a session, its client's budget, the journal's
/// head.
package struct SessionWrite {
    package let db: any SQLConnection
    package let clock: StoreClock
    private let keys: StoreKeys

    let writer: String

    package init(_ db: any SQLConnection, keys: StoreKeys, clock: StoreClock, writer: String) {
        self.db = db
        self.keys = keys
        self.clock = clock
        self.writer = writer
    }

    private var dialect: Dialect { db.dialect }

    /// The seal for fingerprints that don't have to be found after a key rotation.
    var seal: TokenSeal { keys.seal }

    // MARK: Sessions

    package func insert(
        _ session: VisitorSession, tokens: Tokens, entry: JournalEntry.Draft
    ) throws -> VisitorSession {
        try session.requireValidLabel()
        let seal = try sealingSeal()
        guard try !exists(session.id) else { throw StoreError.conflict(session.id) }
        if session.discardedAt == nil, let token = tokens.refreshToken?.value {
            try requireUnused(token, for: session.id, mayKeep: false, seal)
        }
        let inserted = try insert(session, tokens: tokens, seal)
        try finish([(session.id, entry)])
        return inserted
    }

    package func update(
        _ session: VisitorSession, tokens: Tokens?, entry: JournalEntry.Draft?, keeping replaced: ReplacedTokens? = nil
    ) throws -> VisitorSession {
        let (existing, present) = try lock(session.id)
        guard existing.version == session.version else { throw StoreError.conflict(session.id) }
        try session.requireValidLabel(replacing: existing.label)
        let seal = tokens == nil ? present : try sealingSeal()
        var session = session
        // The purge uses the server's clock: with the time of a host whose clock is slow, the session would be overdue
        // at once.
        if dialect == .postgres, session.discardedAt != nil, existing.discardedAt == nil {
            session.discardedAt = try clock.now(db)
        }
        let change = SessionValues(session).change(of: existing)
        let updated = try assign(
            tokens == nil ? change : SQLText(change.text + ", key_id = ?", change.values + [.bytes(seal.keyID)]),
            to: existing, seal)
        let isInUse = session.discardedAt == nil
        let wasInUse = existing.discardedAt == nil
        let row = TokensRow(seal: seal)
        if isInUse, tokens != nil || !wasInUse,
            let token = try (tokens ?? row.tokens(of: session.id, db)).refreshToken?.value
        {
            try requireUnused(token, for: session.id, mayKeep: wasInUse, seal)
        }
        if let tokens {
            try row.write(tokens, of: session, db)
        } else if dialect == .postgres, isInUse != wasInUse {
            try db.run("UPDATE \(dialect.tokens) SET in_use = \(isInUse) WHERE session = \(session.id)")
        }
        if let replaced { try row.keep(replaced, of: session.id, db) }
        try finish(entry.map { [(session.id, $0)] } ?? [])
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
        try finish([])
        return leased
    }

    /// Inserts a session without checks or a journal entry, which are the caller's responsibility.
    package func insert(_ session: VisitorSession, tokens: Tokens, _ seal: TokenSeal) throws -> VisitorSession {
        let insertion = SQLText(
            SessionValues.insertion(dialect), SessionValues(session).insertionValues(keyID: seal.keyID))
        let inserted = try stored(insertion, session.id, seal)
        try TokensRow(seal: seal).write(tokens, of: session, db)
        return inserted
    }

    package func exists(_ id: SessionID) throws -> Bool {
        try db.first("SELECT 1 FROM \(dialect.session) WHERE id = \(id)") { _ in true } ?? false
    }

    // MARK: Others

    func substitute(_ id: SessionID, with target: SessionID?, entry: JournalEntry.Draft) throws {
        _ = try lock(id)
        try db.run(
            target.map { SubstitutionRows.replacement(of: id, with: $0, dialect) }
                ?? SubstitutionRows.deletion(of: id, dialect))
        try finish([(id, entry)])
    }

    package func spend(_ request: BudgetRequest, of clientID: String) throws {
        try BudgetRows.spend(request, of: clientID, at: clock.now(db), db)
        try finish([])
    }

    /// Ends the write: appends its journal entries and announces it.
    package func finish(_ entries: [JournalRows.Written]) throws {
        try JournalRows.append(entries, clock, by: writer, db)
    }

    /// The seal with the recorded key, locked until the transaction ends: a concurrent rotation can't replace it.
    package func sealingSeal() throws -> TokenSeal {
        let query: SQLText = "SELECT value FROM \(dialect.table("metadata")) WHERE name = 'key_id' \(dialect.forShare)"
        return try keys.seal(naming: db.first(query) { $0.bytes(0) })
    }

    // MARK: Pieces

    /// The session's stored row, locked until the transaction ends. Throws if it is missing or damaged.
    private func lock(_ id: SessionID) throws -> (session: VisitorSession, seal: TokenSeal) {
        let found = try db.first("\(dialect.session(id)) \(dialect.forUpdate)") { row in
            let seal = try keys.seal(naming: row.bytes(row.count - 1))
            return seal.rows(dialect).session(row).map { (session: $0, seal: seal) }
        }
        guard let found else { throw StoreError.notFound(id) }
        if let damage = found.session.damage { throw StoreError.damaged(id, damage) }
        return found
    }

    /// Updates a locked row and increments its version.
    private func assign(_ assignments: SQLText, to existing: VisitorSession, _ seal: TokenSeal) throws -> VisitorSession
    {
        let update = SQLText(
            "UPDATE \(dialect.session.text) SET \(assignments.text), version = version + 1 WHERE id = ? AND version = ?",
            assignments.values + [.id(existing.id), .number(Int64(existing.version))])
        return try stored(update, existing.id, seal)
    }

    /// Executes a statement that writes one row, and returns the stored session. SQLite before 3.35 has no `RETURNING`.
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

    /// Throws if another session in use holds the refresh token. In PostgreSQL, the index `tokens_in_use` stops a
    /// concurrent transaction that writes the same token; it then runs again and finds the holder here.
    ///
    /// - Parameter mayKeep: Whether `id` may already hold the token: it was in use before, and keeps it.
    private func requireUnused(_ token: Secret, for id: SessionID, mayKeep: Bool, _ seal: TokenSeal) throws {
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
    /// Records that access tokens have expired. Returns how many, and when the last one did.
    ///
    /// PostgreSQL: the journal's head is locked first, so that two processes don't record the same expiry. SQLite: `+`
    /// excludes the index of keys, with which SQLite would read all sessions of a key.
    package func recordExpiries(after start: Date, until now: Date, by actor: String, batch: Int) throws
        -> (count: Int, last: Date?)
    {
        let (dialect, expiry) = (db.dialect, db.dialect.accessExpiry)
        if dialect == .postgres {
            try db.run("SELECT position FROM \(dialect.table("journal_head")) \(dialect.forUpdate)")
        }
        let events = JournalEntry.Event.ofTokens.map(\.rawValue)
        let query: SQLText = """
            SELECT id, \(expiry) FROM \(dialect.session) WHERE \(dialect.isListed)
                AND \(expiry) > \(Milliseconds.floor(start)) AND \(expiry) <= \(Milliseconds.floor(now))
                AND \(raw: dialect == .sqlite ? "damage IS NULL AND +key_id" : "key_id") IN \(keys.seal.keyIDs)
                AND coalesce((
                    SELECT event FROM \(dialect.journal) WHERE journal.session = session.id AND event IN \(events)
                    ORDER BY position DESC LIMIT 1), '') <> \(JournalEntry.Event.expired.rawValue)
            ORDER BY \(expiry), id LIMIT \(batch)
            """
        let expired = try db.rows(query) { row in row.id(0).map { (id: $0, at: row.number(1)) } }
        let draft = JournalEntry.Draft(.expired, actor: actor)
        if !expired.isEmpty { try finish(expired.map { ($0.id, draft) }) }
        return (expired.count, expired.last.flatMap { $0.at.map(Milliseconds.date) })
    }

    /// Purges overdue sessions and trims the journal, bounded by `batch`. `nil`: another process holds the maintenance
    /// lock.
    package func purge(_ retention: Retention, by actor: String, batch: Int) throws -> PurgeResult? {
        guard try MaintenanceLockRow.purge.acquire(for: actor, clock, db) else { return nil }
        let now = try clock.now(db)
        let overdue = try overdue(at: now, retention, limit: batch + 1)
        let purged = Array(overdue.prefix(batch))
        // SQLite caches the statement for one row. The schema deletes the tokens with the session.
        for group in db.dialect == .sqlite ? purged.map({ [$0] }) : [purged] {
            try db.run("DELETE FROM \(db.dialect.session) WHERE id IN \(group)")
        }
        let draft = JournalEntry.Draft(.purged, actor: actor)
        try finish(purged.map { ($0, draft) })
        // After the journal's head is locked, as in all other writes of requests.
        try deleteRequests(of: purged)
        try trimRequests(at: now)
        let end = try JournalRows.head(db)
        let oldest = Milliseconds.floor(now - retention.journalAge)
        let isOld: SQLText = "(at <= \(oldest) OR position <= \(end - retention.journalCount))"
        let trimmed = try trim(isOld, batch)
        try BudgetRows.deletePast(at: now, limit: batch, db)
        let isMoreLeft = try overdue.count > batch || (trimmed == batch && isOldest(isOld))
        if !isMoreLeft { try MaintenanceLockRow.purge.release(db) }
        return PurgeResult(purgedSessions: purged.count, trimmedEntries: trimmed, isMoreLeft: isMoreLeft)
    }

    private func overdue(at now: Date, _ retention: Retention, limit: Int) throws -> [SessionID] {
        let query: SQLText = """
            SELECT id FROM \(db.dialect.session)
            WHERE \(db.dialect.isDiscarded) AND discarded_at <= \(Milliseconds.floor(now - retention.gracePeriod))
                AND (lease_deadline IS NULL OR lease_deadline <= \(Milliseconds.floor(now)))
            ORDER BY discarded_at LIMIT \(limit) \(db.dialect.skippingLocked)
            """
        return try db.rows(query) { $0.id(0) }
    }

    /// Deletes old entries among a batch of the oldest ones.
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
