public import Foundation
import GRDB
public import VisitorSessions

extension SQLiteSessionStore {
    /// Reads in one snapshot, with the keys that it names.
    func read<Value: Sendable>(
        _ body: @Sendable (Database, TokenSeal) throws -> Value
    ) async throws(StoreError) -> Value {
        try await database.read { [keys] db in try body(db, try keys.seal(naming: StoreMetadata.keyID(db))) }
    }

    public func session(_ id: SessionID) async throws(StoreError) -> VisitorSession? {
        try await read { db, seal in try seal.rows.session(db, id) }
    }

    public func opened(_ id: SessionID) async throws(StoreError) -> OpenedSession? {
        try await read { db, seal in
            guard let session = try seal.rows.session(db, id) else { return nil }
            if let damage = session.damage { throw StoreError.damaged(id, damage) }
            return OpenedSession(session, tokens: try TokensRow(seal: seal).tokens(of: id, db))
        }
    }

    public func sessions(named reference: String, limit: Int) async throws(StoreError) -> [VisitorSession] {
        try await read { db, seal in
            try seal.rows.sessions(db, NameQuery(reference: reference, limit: limit).sql)
        }
    }

    public func sessions(
        holding token: Secret, since: Date, limit: Int
    ) async throws(StoreError) -> [VisitorSession] {
        try await read { db, seal in
            let query = HoldingQuery(fingerprints: seal.fingerprints(token), since: since, limit: limit)
            return try seal.rows.sessions(db, query.sql)
        }
    }

    public func page(_ query: SessionQuery) async throws(StoreError) -> [VisitorSession] {
        try await read { db, seal in
            try PageReading(query: query, rows: seal.rows).sessions(db)
        }
    }

    public func rank(
        of position: SessionPosition, in query: SessionQuery
    ) async throws(StoreError) -> SessionRank {
        try await read { db, seal in
            try RankQuery(position: position, query: query, keyIDs: seal.keyIDs).rank(db)
        }
    }

    public func census(at now: Date, policy: SessionPolicy) async throws(StoreError) -> SessionCensus {
        let storeNow = self.now
        return try await read { db, seal in
            try CensusQuery(now: now, storeNow: storeNow(), policy: policy, keyIDs: seal.keyIDs).census(db)
        }
    }

    public func history(of id: SessionID, limit: Int) async throws(StoreError) -> [JournalEntry] {
        try await database.read { db in try JournalRows.newest(limit, of: id, db) }
    }

    public func journal(after position: Int, limit: Int) async throws(StoreError) -> [JournalEntry] {
        try await database.read { db in try JournalRows.after(position, limit: limit, db) }
    }

    public func clockReading(of issuer: String, bootID: String) async throws(StoreError) -> StoredClockReading? {
        let now = now
        return try await database.read { db in try ClockRows.reading(of: issuer, bootID: bootID, at: now(), db) }
    }

    public func journalEnd() async throws(StoreError) -> Int {
        try await database.read { db in try JournalRows.end(db) }
    }
}

extension TokenSeal {
    /// Reads the rows that its keys have sealed.
    var rows: SessionRow { SessionRow(keyIDs: keyIDs) }
}
