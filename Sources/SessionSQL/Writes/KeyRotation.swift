package import Foundation
package import VisitorSessions

/// Re-seals every token of a store with a new key, while any number of processes use it.
///
/// Four steps, each durable before the next begins: (1) add the new key before the old one in the key file; (2) record
/// it in the database, which stops sealing with the old key; (3) re-seal the rows in batches; (4) remove the old key
/// from the file once no row needs it. After an interruption, the next run continues. At any time, every row can be
/// opened with a key in the file.
package struct KeyRotation: Sendable {
    private let store: SQLSessions
    private let batch: Int

    /// Unique, because two runs may have the same actor.
    private let holder: String

    package init(of store: SQLSessions, by actor: String, batch: Int = 200) {
        self.store = store
        self.batch = batch
        holder = "\(actor) \(SessionID())"
    }

    /// Runs all four steps, or those that an interrupted run left undone.
    ///
    /// Keys that don't come from a file are managed by the caller: the first is the new one, and the others must be
    /// supplied until the rotation is complete. Throws ``StoreError/Kind-swift.enum/unavailable`` while another run
    /// holds the lock. If that run's process is killed, the lock expires within a minute.
    ///
    /// - Parameter keepsOldKeys: Whether the file keeps the old key, for other stores that are sealed with it.
    package func run(
        keepsOldKeys: Bool = false, report: @Sendable (KeyRotationProgress) -> Void = { _ in }
    ) async throws(StoreError) -> KeyRotationProgress {
        let before = try store.keys.source.existing()?.sealing.id
        let key = try await announceKey()
        try await record(key)
        var progress = KeyRotationProgress()
        progress.isKeyNew = key.id != before
        var place: SessionID? = .lowest
        while let from = place {
            place = try await resealBatch(after: from, with: key, &progress)
            report(progress)
        }
        progress.isComplete = try await retire(allBut: key, keepsOldKeys: keepsOldKeys)
        return progress
    }

    // MARK: Steps

    /// Step 1: adds a new key before the others in the file. After an interrupted run, returns that run's key.
    package func announceKey() async throws(StoreError) -> SealingKey {
        let source = store.keys.source
        // The file is changed while holding the lock: a run that was suspended must not overwrite a newer key.
        let rotated = try await locked { db in
            let named = try db.first("SELECT \(db.dialect.keyID)") { $0.bytes(0) }
            guard let ring = try source.existing(), let named, ring[named] != nil else {
                throw StoreError(.key, "The store's key is missing. Restore it before rotating keys.")
            }
            guard ring.keys.count == 1 else { return ring }
            guard case .file(let file) = source else {
                throw StoreError(
                    .key,
                    "The key comes from SESSION_INSPECTOR_KEY. Add a new key before the current one, separated by a "
                        + "comma, and rotate again. Nothing was changed.")
            }
            let rotated = SealingKeyRing(SealingKey(), ring.keys)
            try file.replace(with: rotated)
            return rotated
        }
        store.keys.add(rotated)
        return rotated.sealing
    }

    /// Step 2: every process seals with `key` from now on. PostgreSQL waits for writes that seal with the old one.
    package func record(_ key: SealingKey) async throws(StoreError) {
        try await locked { db in try db.record(keyID: key.id) }
    }

    /// Step 3: re-seals a batch of rows, ordered by ID, in one transaction. Returns where the next batch starts, or
    /// `nil` if there is none.
    package func resealBatch(
        after place: SessionID, with key: SealingKey, _ progress: inout KeyRotationProgress
    ) async throws(StoreError) -> SessionID? {
        let keys = store.keys
        let (ids, opened) = try await locked { [batch] db in
            let query: SQLText = """
                SELECT id FROM \(db.dialect.session) WHERE id > \(place) AND key_id <> \(key.id)
                ORDER BY id LIMIT \(batch) \(db.dialect.forUpdate)
                """
            let ids = try db.rows(query) { $0.id(0) }
            let row = TokensRow(seal: try keys.seal(naming: key.id))
            return (ids, try ids.count { try row.reseal($0, db) })
        }
        progress.resealed += opened
        progress.unopenable += ids.count - opened
        return ids.last
    }

    /// Step 4: removes unneeded keys from the file. Returns whether only `key` is needed.
    package func retire(allBut key: SealingKey, keepsOldKeys: Bool = false) async throws(StoreError) -> Bool {
        let source = store.keys.source
        let others = try source.existing()?.keys.filter { $0.id != key.id } ?? []
        // Since step 2 nothing is sealed with them, so unneeded keys stay unneeded.
        let needed = try await store.database.query { db in try others.map(\.id).filter { try Self.isNeeded($0, db) } }
        try await locked { db in
            if !keepsOldKeys, needed.count < others.count, case .file(let file) = source {
                try file.replace(with: SealingKeyRing(key, others.filter { needed.contains($0.id) }))
            }
            try MaintenanceLockRow.keyRotation.release(db)
        }
        return needed.isEmpty
    }

    // MARK: Pieces

    /// Runs `body` in a transaction that holds the lock.
    private func locked<Value: Sendable>(
        _ body: @escaping @Sendable (any SQLConnection) throws -> Value
    ) async throws(StoreError) -> Value {
        let clock = store.clock
        return try await store.database.transaction { [holder] db in
            guard try MaintenanceLockRow.keyRotation.acquire(for: holder, clock, db) else {
                throw StoreError(
                    .unavailable,
                    "Another process is rotating this store's keys. Try again when it finishes; if it was killed, its "
                        + "lock expires within a minute.")
            }
            return try body(db)
        }
    }

    /// Whether a row names the key or is sealed with it.
    private static func isNeeded(_ keyID: Data, _ db: any SQLConnection) throws -> Bool {
        let query: SQLText = """
            SELECT EXISTS (SELECT 1 FROM \(db.dialect.session) WHERE key_id = \(keyID)) OR EXISTS (
                SELECT 1 FROM \(db.dialect.tokens)
                WHERE substr(access_sealed, 2, 8) = \(keyID) OR substr(refresh_sealed, 2, 8) = \(keyID)
                    OR substr(replaced_sealed, 2, 8) = \(keyID))
            """
        return try db.first(query) { $0.truth(0) } ?? true
    }
}

extension SessionID {
    package static let lowest = SessionID(padding: UnsafeRawBufferPointer(start: nil, count: 0))
}

extension SQLConnection {
    /// Records the current key.
    package func record(keyID: Data) throws {
        try run(
            """
            INSERT INTO \(dialect.table("metadata")) (name, value) VALUES ('key_id', \(keyID))
            ON CONFLICT (name) DO UPDATE SET value = excluded.value
            """)
    }
}

extension TokensRow {
    /// Re-seals a session's tokens and updates their fingerprints. Keeps the version, so that a renewal in flight isn't
    /// disturbed.
    ///
    /// Returns `false`, without writing, if a token can't be unsealed.
    fileprivate func reseal(_ id: SessionID, _ db: any SQLConnection) throws -> Bool {
        let dialect = db.dialect
        let query: SQLText = """
            SELECT access_sealed, refresh_sealed, replaced_sealed FROM \(dialect.tokens) WHERE session = \(id)
            """
        guard let tokens = try db.first(query, { row in try opened(row, of: id) }) else { return false }
        try db.run(
            """
            UPDATE \(dialect.tokens) SET
                access_sealed = \(try tokens.access.map { try seal.seal($0, of: id, in: .access) }),
                access_fingerprint = \(tokens.access.map { seal.fingerprint($0).bytes }),
                refresh_sealed = \(try tokens.refresh.map { try seal.seal($0, of: id, in: .refresh) }),
                refresh_fingerprint = \(tokens.refresh.map { seal.fingerprint($0).bytes }),
                replaced_sealed = \(try tokens.replaced.map { try seal.seal($0, of: id, in: .replaced) })
            WHERE session = \(id)
            """)
        if let token = tokens.refresh ?? tokens.access {
            // Fingerprints of earlier tokens in the journal are lost with their key.
            try db.run(
                """
                UPDATE \(dialect.journal) SET fingerprint = \(seal.fingerprint(token).bytes)
                WHERE session = \(id) AND fingerprint IN \(seal.fingerprints(token).map(\.bytes))
                """)
        }
        try db.run("UPDATE \(dialect.session) SET key_id = \(seal.keyID) WHERE id = \(id)")
        return true
    }

    private func opened(
        _ row: any SQLRow, of id: SessionID
    ) throws(StoreError) -> (access: Secret?, refresh: Secret?, replaced: Secret?)? {
        do throws(StoreError) {
            return (
                try opened(row, 0, of: id, in: .access), try opened(row, 1, of: id, in: .refresh),
                try opened(row, 2, of: id, in: .replaced)
            )
        } catch  where error.kind == .damaged {
            return nil
        }
    }
}
