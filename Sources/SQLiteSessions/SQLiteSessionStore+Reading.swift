public import Foundation
public import VisitorSessions

extension SQLiteSessionStore {
    var rows: SessionRow { SessionRow(keyID: seal.keyID) }

    public func session(_ id: SessionID) async throws(StoreError) -> VisitorSession? {
        try await database.read { [rows] db in try rows.session(db, id) }
    }

    public func opened(_ id: SessionID) async throws(StoreError) -> OpenedSession? {
        try await database.read { [rows, seal] db in
            guard let session = try rows.session(db, id) else { return nil }
            if let damage = session.damage { throw StoreError.damaged(id, damage) }
            return OpenedSession(session, tokens: try TokensRow(seal: seal).tokens(of: id, db))
        }
    }

    public func sessions(named reference: String, limit: Int) async throws(StoreError) -> [VisitorSession] {
        try await database.read { [rows] db in
            try rows.sessions(db, NameQuery(reference: reference, limit: limit).sql)
        }
    }

    public func sessions(
        holding token: Secret, since: Date, limit: Int
    ) async throws(StoreError) -> [VisitorSession] {
        try await database.read { [rows, seal] db in
            let query = HoldingQuery(fingerprint: seal.fingerprint(token), since: since, limit: limit)
            return try rows.sessions(db, query.sql)
        }
    }

    public func page(_ query: SessionQuery) async throws(StoreError) -> [VisitorSession] {
        try await database.read { [rows] db in
            let page = PageQuery(query: query, keyID: rows.keyID)
            let sessions = try rows.sessions(db, page.sql)
            return page.isReversed ? sessions.reversed() : sessions
        }
    }

    public func census(at now: Date, policy: SessionPolicy) async throws(StoreError) -> SessionCensus {
        let storeNow = self.now
        return try await database.read { [rows] db in
            try CensusQuery(now: now, storeNow: storeNow(), policy: policy, keyID: rows.keyID).census(db)
        }
    }

    public func history(of id: SessionID, limit: Int) async throws(StoreError) -> [JournalEntry] {
        try await database.read { db in try JournalRows.newest(limit, of: id, db) }
    }

    public func journal(after position: Int, limit: Int) async throws(StoreError) -> [JournalEntry] {
        try await database.read { db in try JournalRows.after(position, limit: limit, db) }
    }

    public func journalEnd() async throws(StoreError) -> Int {
        try await database.read { db in try JournalRows.end(db) }
    }
}
