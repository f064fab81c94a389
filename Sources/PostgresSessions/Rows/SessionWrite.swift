import Foundation
import VisitorSessions

/// The writes of sessions, inside a transaction.
///
/// Rows are locked before they are judged: a session's first, then its client's budget, and the journal's end last, so that
/// no two writes wait for each other.
struct SessionWrite {
    let db: PostgresConnection
    let keys: StoreKeys
    let clock: StoreClock
    let writer: String

    func insert(_ session: VisitorSession, tokens: Tokens, entry: JournalEntry.Draft) throws -> VisitorSession {
        let seal = try sealingSeal()
        guard try !isTaken(session.id) else { throw StoreError.conflict(session.id) }
        if session.discardedAt == nil, let token = tokens.refreshToken?.value {
            try RefreshTokenRule(seal: seal).requireFree(token, for: session.id, db)
        }
        let inserted = try insert(session, tokens, seal)
        try end([(session.id, entry)])
        return inserted
    }

    func insert(new sessions: [NewSession]) throws -> [Insertion] {
        let seal = try sealingSeal()
        let insertions = try sessions.map { new -> Insertion in
            if let holder = try holder(of: new, seal) { return .known(holder) }
            guard try !isTaken(new.session.id) else { return .taken }
            _ = try insert(new.session, new.tokens, seal)
            return .stored
        }
        try end(zip(sessions, insertions).filter { $1 == .stored }.map { new, _ in (new.session.id, new.entry) })
        return insertions
    }

    func update(_ session: VisitorSession, tokens: Tokens?, entry: JournalEntry.Draft?) throws -> VisitorSession {
        let (existing, present) = try lock(session.id)
        guard existing.version == session.version else { throw StoreError.conflict(session.id) }
        let seal = tokens == nil ? present : try sealingSeal()
        let key: SQL = tokens == nil ? "" : ", key_id = \(seal.keyID)"
        var session = session
        // Its grace period goes by the clock that it is purged by: that of a host may be behind, and it would be gone at once.
        if session.discardedAt != nil, existing.discardedAt == nil { session.discardedAt = try clock.now(db) }
        let updated = try assign("\(SessionAssignments(session).assignments)\(key)", to: existing, seal)
        let isInUse = session.discardedAt == nil
        let isTakenBack = isInUse && existing.discardedAt != nil
        let rule = RefreshTokenRule(seal: seal)
        if let tokens {
            if isInUse, let token = tokens.refreshToken?.value { try rule.requireFree(token, for: session.id, db) }
            try TokensRow(seal: seal).write(tokens, of: session, db)
        } else {
            if isTakenBack { try rule.requireOwnFree(for: session.id, db) }
            if isInUse != (existing.discardedAt == nil) {
                try db.execute(
                    "UPDATE session_inspector.tokens SET in_use = \(isInUse) WHERE session = \(session.id)")
            }
        }
        try end(entry.map { [(session.id, $0)] } ?? [])
        return updated
    }

    func lease(
        _ session: VisitorSession, to holder: String, for duration: Duration, within request: BudgetRequest?
    ) throws -> VisitorSession {
        let (existing, seal) = try lock(session.id)
        let now = try clock.now(db)
        if let lease = existing.lease, lease.bars(holder, at: now) {
            throw StoreError.leased(session.id, by: lease.holder, until: lease.deadline)
        }
        guard existing.version == session.version else { throw StoreError.conflict(session.id) }
        if let request {
            let arrival = try BudgetRows.lock(session.clientID, db)
            // Who waited for this row judges by a time that is past: that grants rather less than more.
            try BudgetRows.spend(request, of: session.clientID, arrival: arrival, at: now, db)
        }
        let lease = SessionLease(holder: holder, from: now, for: duration)
        let leased = try assign(
            """
            lease_holder = \(holder), lease_deadline = \(Milliseconds.nearest(lease.deadline)),
            sent_at = \(Milliseconds.nearest(now))
            """, to: existing, seal)
        try end([])
        return leased
    }

    func spend(_ request: BudgetRequest, of clientID: String) throws {
        let arrival = try BudgetRows.lock(clientID, db)
        try BudgetRows.spend(request, of: clientID, arrival: arrival, at: clock.now(db), db)
        try end([])
    }

    // MARK: Pieces

    private func insert(_ session: VisitorSession, _ tokens: Tokens, _ seal: TokenSeal) throws -> VisitorSession {
        let others: [(name: String, value: SQL)] = [
            ("id", "\(session.id)"), ("version", "\(session.version + 1)"), ("key_id", "\(seal.keyID)"),
        ]
        let inserted = try stored(
            """
            INSERT INTO session_inspector.session \(SessionAssignments(session).values(after: others))
            RETURNING \(SessionRow.columns)
            """, seal, session.id)
        try TokensRow(seal: seal).write(tokens, of: session, db)
        return inserted
    }

    private func isTaken(_ id: SessionID) throws -> Bool {
        try db.execute("SELECT 1 FROM session_inspector.session WHERE id = \(id)").count > 0
    }

    /// Who holds or held the token of a new session, those in use first.
    private func holder(of new: NewSession, _ seal: TokenSeal) throws -> SessionID? {
        guard let token = new.token else { return nil }
        let query = HoldingQuery(fingerprints: seal.fingerprints(token), since: .distantPast, limit: 10)
        let known = try db.execute(query.sql).rows.compactMap(seal.rows.session)
        return (known.first { $0.discardedAt == nil } ?? known.first)?.id
    }

    /// The seal with the key that the database names, which stays so until the transaction ends: no token is ever sealed
    /// with a key that has been given up meanwhile.
    private func sealingSeal() throws -> TokenSeal {
        let named = try db.execute("SELECT value FROM session_inspector.metadata WHERE name = 'key_id' FOR SHARE")
        return try keys.seal(naming: named.first?.data(0))
    }

    /// The session as its row has it, which nobody else writes until the transaction ends.
    private func lock(_ id: SessionID) throws -> (session: VisitorSession, seal: TokenSeal) {
        let found = try db.execute(
            "SELECT \(SessionRow.columns) FROM session_inspector.session WHERE id = \(id) FOR UPDATE")
        guard let row = found.first else { throw StoreError.notFound(id) }
        let seal = try keys.seal(naming: row.data(0))
        guard let session = seal.rows.session(row) else { throw StoreError.notFound(id) }
        if let damage = session.damage { throw StoreError.damaged(id, damage) }
        return (session, seal)
    }

    /// Assigns to a row that is locked, with its next version.
    private func assign(_ assignments: SQL, to existing: VisitorSession, _ seal: TokenSeal) throws -> VisitorSession {
        try stored(
            """
            UPDATE session_inspector.session SET \(assignments), version = version + 1
            WHERE id = \(existing.id) AND version = \(existing.version) RETURNING \(SessionRow.columns)
            """, seal, existing.id)
    }

    private func stored(_ statement: SQL, _ seal: TokenSeal, _ id: SessionID) throws -> VisitorSession {
        guard let row = try db.execute(statement).first, let session = seal.rows.session(row) else {
            throw StoreError.conflict(id)
        }
        return session
    }

    private func end(_ entries: [JournalRows.Written]) throws {
        try JournalRows.append(entries, clock, by: writer, db)
    }
}
