package import Foundation
package import VisitorSessions

/// Seals every token of a store again under a new key, while any number of processes use it.
///
/// Four steps, each durable before the next begins: the new key is put before the old one in its file; the database names
/// the new key, and from then on nothing is sealed with another; the rows follow, a batch at a time; and when no row needs
/// the old key any more, it leaves the file. After an interruption the next run goes on where the last one stopped. At no
/// time does a row exist that no key in the file opens.
package struct KeyRotation: Sendable {
    private let store: SQLSessions
    private let batch: Int

    /// Two runs may have one name, and the lock must tell them apart.
    private let holder: String

    package init(of store: SQLSessions, by actor: String, batch: Int = 200) {
        self.store = store
        self.batch = batch
        holder = "\(actor) \(SessionID())"
    }

    /// Does all four steps, or those that an earlier run has left.
    ///
    /// The caller keeps keys that don't come from a file: the first of them is the new one, and the others must be given
    /// as long as the rotation isn't complete. Throws ``StoreError/Kind-swift.enum/unavailable`` while another run holds
    /// the lock, and until a minute after one was killed.
    ///
    /// - Parameter keepsOldKeys: Whether the file keeps the old key, for other stores that are sealed with it.
    package func run(
        keepsOldKeys: Bool = false, report: @Sendable (KeyRotationProgress) -> Void = { _ in }
    ) async throws(StoreError) -> KeyRotationProgress {
        let key = try await announceKey()
        try await record(key)
        var progress = KeyRotationProgress()
        var place: SessionID? = .lowest
        while let from = place {
            place = try await resealBatch(after: from, with: key, &progress)
            report(progress)
        }
        progress.isComplete = try await retire(allBut: key, keepsOldKeys: keepsOldKeys)
        return progress
    }

    // MARK: Steps

    /// Step 1: puts a new key before the others in the file. After an interrupted run, its key is the new one.
    package func announceKey() async throws(StoreError) -> SealingKey {
        let source = store.keys.source
        // The file changes under the lock: a run that was stopped long ago must not overwrite a newer key.
        let rotated = try await claim { db in
            let named = try db.first("SELECT \(db.dialect.keyID)") { $0.bytes(0) }
            guard let ring = try source.existing(), let named, ring[named] != nil else {
                throw StoreError(.key, "The key of the store is not there any more. Put it back before a rotation.")
            }
            guard ring.keys.count == 1 else { return ring }
            guard case .file(let file) = source else {
                throw StoreError(
                    .key,
                    "The key comes from SESSION_INSPECTOR_KEY, which only you can change. Put a new key before the "
                        + "present one, with a comma between, and rotate again. Nothing was changed.")
            }
            let rotated = SealingKeyRing(SealingKey(), ring.keys)
            try file.replace(with: rotated)
            return rotated
        }
        store.keys.add(rotated)
        return rotated.sealing
    }

    /// Step 2: from here on every process seals with `key`. PostgreSQL waits for the writes that seal with the old one.
    package func record(_ key: SealingKey) async throws(StoreError) {
        try await claim { db in try db.record(keyID: key.id) }
    }

    /// Step 3: seals a batch of rows again, in one transaction, in the order of their IDs. Returns where the next batch
    /// begins. `nil`: none is left.
    package func resealBatch(
        after place: SessionID, with key: SealingKey, _ progress: inout KeyRotationProgress
    ) async throws(StoreError) -> SessionID? {
        let keys = store.keys
        let (ids, opened) = try await claim { [batch] db in
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

    /// Step 4: takes the keys that no row needs out of the file. Returns whether only `key` is needed.
    package func retire(allBut key: SealingKey, keepsOldKeys: Bool = false) async throws(StoreError) -> Bool {
        let source = store.keys.source
        let others = try source.existing()?.keys.filter { $0.id != key.id } ?? []
        // Nothing has been sealed with them since step 2: what is not needed now never will be.
        let needed = try await store.database.query { db in try others.map(\.id).filter { try Self.isNeeded($0, db) } }
        try await claim { db in
            if !keepsOldKeys, needed.count < others.count, case .file(let file) = source {
                try file.replace(with: SealingKeyRing(key, others.filter { needed.contains($0.id) }))
            }
            try MaintenanceLockRow.keyRotation.release(db)
        }
        return needed.isEmpty
    }

    // MARK: Pieces

    /// A write, for the one run that has the lock.
    private func claim<Value: Sendable>(
        _ body: @escaping @Sendable (any SQLConnection) throws -> Value
    ) async throws(StoreError) -> Value {
        let clock = store.clock
        return try await store.database.transaction { [holder] db in
            guard try MaintenanceLockRow.keyRotation.claim(for: holder, clock, db) else {
                throw StoreError(
                    .unavailable,
                    "Another process is rotating the keys of this store. Try again when it has finished; one that was "
                        + "killed is out of the way after a minute.")
            }
            return try body(db)
        }
    }

    /// Whether a row names the key, or what is sealed in it does.
    private static func isNeeded(_ keyID: Data, _ db: any SQLConnection) throws -> Bool {
        let query: SQLText = """
            SELECT EXISTS (SELECT 1 FROM \(db.dialect.session) WHERE key_id = \(keyID)) OR EXISTS (
                SELECT 1 FROM \(db.dialect.tokens)
                WHERE substr(access_sealed, 2, 8) = \(keyID) OR substr(refresh_sealed, 2, 8) = \(keyID))
            """
        return try db.first(query) { $0.truth(0) } ?? true
    }
}

extension SessionID {
    /// Before every random one.
    package static let lowest = SessionID(padding: [])
}

extension SQLConnection {
    /// Names the key that seals from now on.
    package func record(keyID: Data) throws {
        try run(
            """
            INSERT INTO \(dialect.table("metadata")) (name, value) VALUES ('key_id', \(keyID))
            ON CONFLICT (name) DO UPDATE SET value = excluded.value
            """)
    }
}

extension TokensRow {
    /// Seals the tokens of a session again, as they are, and moves their fingerprints. Nothing else changes, so that a
    /// renewal in flight finds the version that it saw.
    ///
    /// Returns whether they opened. If one of them doesn't, nothing is written.
    fileprivate func reseal(_ id: SessionID, _ db: any SQLConnection) throws -> Bool {
        let dialect = db.dialect
        let query: SQLText = "SELECT access_sealed, refresh_sealed FROM \(dialect.tokens) WHERE session = \(id)"
        guard let tokens = try db.first(query, { row in try opened(row, of: id) }) else { return false }
        try db.run(
            """
            UPDATE \(dialect.tokens) SET
                access_sealed = \(try tokens.access.map { try seal.seal($0, of: id, in: .access) }),
                access_fingerprint = \(tokens.access.map { seal.fingerprint($0).bytes }),
                refresh_sealed = \(try tokens.refresh.map { try seal.seal($0, of: id, in: .refresh) }),
                refresh_fingerprint = \(tokens.refresh.map { seal.fingerprint($0).bytes })
            WHERE session = \(id)
            """)
        if let token = tokens.refresh ?? tokens.access {
            // The journal goes on knowing the present token. What it says of earlier ones is lost with their key.
            try db.run(
                """
                UPDATE \(dialect.journal) SET fingerprint = \(seal.fingerprint(token).bytes)
                WHERE session = \(id) AND fingerprint IN \(seal.fingerprints(token).map(\.bytes))
                """)
        }
        try db.run("UPDATE \(dialect.session) SET key_id = \(seal.keyID) WHERE id = \(id)")
        return true
    }

    /// `nil` if one of them doesn't open.
    private func opened(_ row: any SQLRow, of id: SessionID) throws(StoreError) -> (access: Secret?, refresh: Secret?)?
    {
        do throws(StoreError) {
            return (try opened(row, 0, of: id, in: .access), try opened(row, 1, of: id, in: .refresh))
        } catch  where error.kind == .damaged {
            return nil
        }
    }
}
