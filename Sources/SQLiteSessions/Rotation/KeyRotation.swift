import Foundation
import GRDB
public import VisitorSessions

/// Seals every token of a store anew under a new key, while it is in use by any number of processes.
///
/// Four steps, of which each is durable before the next begins: the new key stands in the file before the old one; the
/// database names it, and from then on nothing is sealed with another; the rows follow, a batch at a time; and when no
/// row needs the old key any more it leaves the file. Stopped anywhere, the next run takes up where this one ended. At
/// no time is there a row that no key in the file opens.
public struct KeyRotation: Sendable {
    public typealias Progress = KeyRotationProgress

    let store: SQLiteSessionStore
    let batch: Int

    /// Two runs may go by one name; the chore must tell them apart.
    let holder: String

    public init(of store: SQLiteSessionStore, by actor: String, batch: Int = 200) {
        self.store = store
        self.batch = batch
        holder = "\(actor) \(SessionID())"
    }

    /// Does all four steps, or those that an earlier run has left. With `keepsOldKeys` the file keeps the old key: for
    /// other stores that are sealed with it, which have to be rotated first.
    ///
    /// Keys that do not come from a file are the caller's to keep: the first of them is the new one, and the others
    /// must be given as long as this does not say that it is complete. Throws
    /// ``StoreError/Kind-swift.enum/unavailable`` while another run is at it, and until a minute after one was killed.
    public func run(
        keepsOldKeys: Bool = false, report: @Sendable (Progress) -> Void = { _ in }
    ) async throws(StoreError) -> Progress {
        let key = try await announceKey()
        try await record(key)
        var progress = Progress()
        var place: Int64? = 0
        while let from = place {
            place = try await resealBatch(after: from, with: key, &progress)
            report(progress)
        }
        progress.isComplete = try await retire(allBut: key, keepsOldKeys: keepsOldKeys)
        return progress
    }

    // MARK: Steps

    /// Step 1: puts a new key before the others in the file. Where an earlier run has left work, its key is the new one.
    func announceKey() async throws(StoreError) -> SealingKey {
        let source = store.keys.source
        // The file changes while the chore is held: a run that was stopped long ago must not overwrite a newer key.
        let rotated = try await claim { db in
            guard let ring = try source.existing(), let sealing = try StoreMetadata.keyID(db), ring[sealing] != nil
            else {
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

    /// Step 2: from here on every process seals with `key`.
    func record(_ key: SealingKey) async throws(StoreError) {
        try await claim { db in try StoreMetadata.record(keyID: key.id, db) }
    }

    /// Step 3: seals a batch of rows anew, in one transaction. Returns where the next one begins. `nil`: none is left.
    func resealBatch(
        after place: Int64, with key: SealingKey, _ progress: inout Progress
    ) async throws(StoreError) -> Int64? {
        let keys = store.keys
        let (places, opened) = try await claim { [batch] db in
            let row = TokensRow(seal: try keys.seal(naming: StoreMetadata.keyID(db)))
            let found = try Self.rows(after: place, notSealedWith: key, limit: batch, db)
            return (found.map(\.place), try found.count { try row.reseal($0.id, db) })
        }
        progress.resealed += opened
        progress.unopenable += places.count - opened
        return places.last
    }

    /// Step 4: takes the keys out of the file that no row needs. Returns whether only `key` is needed.
    func retire(allBut key: SealingKey, keepsOldKeys: Bool = false) async throws(StoreError) -> Bool {
        let source = store.keys.source
        let others = try source.existing()?.keys.filter { $0.id != key.id } ?? []
        // Nothing has been sealed with them since step 2: what is not needed now never will be.
        let needed = try await store.database.read { db in try others.map(\.id).filter { try Self.isNeeded($0, db) } }
        try await claim { db in
            if !keepsOldKeys, needed.count < others.count, case .file(let file) = source {
                try file.replace(with: SealingKeyRing(key, others.filter { needed.contains($0.id) }))
            }
            try ChoreRow.rotation.release(db)
        }
        return needed.isEmpty
    }

    // MARK: Pieces

    /// A write, for the one run that has the chore.
    private func claim<Value: Sendable>(
        _ body: @escaping @Sendable (Database) throws -> Value
    ) async throws(StoreError) -> Value {
        let now = store.now
        return try await store.database.write { [holder] db in
            guard try ChoreRow.rotation.claim(for: holder, at: now(), db) else {
                throw StoreError(
                    .unavailable,
                    "Another process is rotating the keys of this store. Try again when it has finished; one that was "
                        + "killed is out of the way after a minute.")
            }
            return try body(db)
        }
    }

    private static func rows(
        after place: Int64, notSealedWith key: SealingKey, limit: Int, _ db: Database
    ) throws -> [(place: Int64, id: Data)] {
        let rows = try db.rows(
            """
            SELECT rowid, id FROM session WHERE rowid > \(place) AND key_id <> \(key.id)
            ORDER BY rowid LIMIT \(limit)
            """)
        var found: [(place: Int64, id: Data)] = []
        while let row = try rows.next() { found.append((row[0], row[1])) }
        return found
    }

    /// Whether a row names the key, or what is sealed in it does.
    private static func isNeeded(_ keyID: Data, _ db: Database) throws -> Bool {
        try db.number(
            """
            SELECT EXISTS (SELECT 1 FROM session WHERE key_id = \(keyID)) OR EXISTS (
                SELECT 1 FROM tokens
                WHERE substr(access_sealed, 2, 8) = \(keyID) OR substr(refresh_sealed, 2, 8) = \(keyID))
            """) == 1
    }
}
