public import Foundation
public import VisitorSessions

extension PostgresSessionStore {
    public func session(_ id: SessionID) async throws(StoreError) -> VisitorSession? {
        try await sessions { _ in
            "SELECT \(SessionRow.columns) FROM session_inspector.session WHERE id = \(id)"
        }.first
    }

    public func opened(_ id: SessionID) async throws(StoreError) -> OpenedSession? {
        let query: SQL = """
            SELECT \(SessionRow.columns), \(TokensRow.columns) FROM session_inspector.session
            LEFT JOIN session_inspector.tokens ON tokens.session = session.id WHERE session.id = \(id)
            """
        return try await select { _ in
            query
        } read: { result, seal in
            guard let row = result.first, let session = seal.rows.session(row) else { return nil }
            if let damage = session.damage { throw StoreError.damaged(id, damage) }
            return OpenedSession(
                session, tokens: try TokensRow(seal: seal).tokens(row, from: SessionRow.count, of: id))
        }
    }

    public func sessions(named reference: String, limit: Int) async throws(StoreError) -> [VisitorSession] {
        try await sessions { _ in NameQuery(reference: reference, limit: limit).sql }
    }

    public func sessions(
        holding token: Secret, since: Date, limit: Int
    ) async throws(StoreError) -> [VisitorSession] {
        try await sessions { seal in
            HoldingQuery(fingerprints: seal.fingerprints(token), since: since, limit: limit).sql
        }
    }

    public func page(_ query: SessionQuery) async throws(StoreError) -> [VisitorSession] {
        let sessions = try await sessions { seal in PageQuery(query: query, keyIDs: seal.keyIDs).sql }
        return PageQuery(query: query, keyIDs: []).isReversed ? sessions.reversed() : sessions
    }

    public func rank(
        of position: SessionPosition, in query: SessionQuery
    ) async throws(StoreError) -> SessionRank {
        try await select { seal in
            PageQuery(query: query, keyIDs: seal.keyIDs).sql(counting: position)
        } read: { result, _ in
            let row = result.first
            return SessionRank(before: Int(row?.number(1) ?? 0), total: Int(row?.number(2) ?? 0))
        }
    }

    public func census(at now: Date, policy: SessionPolicy) async throws(StoreError) -> SessionCensus {
        let clock = clock
        let query = { @Sendable (seal: TokenSeal) in
            CensusQuery(now: now, clock: clock, policy: policy, keyIDs: seal.keyIDs)
        }
        var census = try await select { seal in
            query(seal).sql
        } read: { result, seal in
            result.first.map { query(seal).census($0) } ?? SessionCensus()
        }
        // What is written between the two looks is announced, and counted anew.
        guard let next = census.nextChange else { return census }
        for foresight in SessionCensus.foresights where next <= now + foresight {
            let near = try await sessions { seal in query(seal).sql(endingUntil: now + foresight) }
            guard near.count > SessionCensus.foreseenLimit else {
                census.foresee(near, after: now, until: now + foresight, policy: policy)
                break
            }
        }
        return census
    }

    public func history(of id: SessionID, limit: Int) async throws(StoreError) -> [JournalEntry] {
        try await entries(JournalRows.newest(limit, of: id))
    }

    public func journal(after position: Int, limit: Int) async throws(StoreError) -> [JournalEntry] {
        try await entries(JournalRows.after(position, limit: limit))
    }

    public func journalEnd() async throws(StoreError) -> Int {
        try await database.read { db in try Int(db.execute(JournalRows.end).first?.number(0) ?? 0) }
    }

    public func clockReading(of issuer: String, bootID: String) async throws(StoreError) -> StoredClockReading? {
        let query = ClockRows.reading(of: issuer, bootID: bootID, clock)
        return try await database.read { db in try db.execute(query).first.flatMap(ClockRows.reading) }
    }

    private func entries(_ query: SQL) async throws(StoreError) -> [JournalEntry] {
        try await database.read { db in try db.execute(query).rows.compactMap(JournalRows.entry) }
    }

    private func sessions(
        _ query: @escaping @Sendable (TokenSeal) -> SQL
    ) async throws(StoreError) -> [VisitorSession] {
        try await select(query) { result, seal in result.rows.compactMap(seal.rows.session) }
    }

    /// Reads in one statement, whose first column is the key that the database names. Where that is another than the one
    /// the statement was made with, keys have been rotated: it is asked again, with the new one.
    private func select<Value: Sendable>(
        _ query: @escaping @Sendable (TokenSeal) -> SQL,
        read: @escaping @Sendable (PostgresResult, TokenSeal) throws -> Value
    ) async throws(StoreError) -> Value {
        var seal = keys.seal
        while true {
            let known = seal
            let (value, named): (Value?, Data?) = try await database.read { db in
                let result = try db.execute(query(known))
                if let named = result.first?.data(0), named != known.keyID { return (nil, named) }
                return (try read(result, known), nil)
            }
            if let value { return value }
            seal = try keys.seal(naming: named)
        }
    }
}
