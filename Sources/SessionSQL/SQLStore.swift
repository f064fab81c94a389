public import Foundation
public import VisitorSessions

/// A store in an SQL database: the requirements that both databases implement the same way.
///
/// Only for the stores of this package.
public protocol SQLStore: SessionBrowser, StoreMaintenance {
    var sql: SQLSessions { get }
}

extension SQLStore {
    private var dialect: Dialect { sql.database.dialect }

    // MARK: Reading

    public func session(_ id: SessionID) async throws(StoreError) -> VisitorSession? {
        try await sql.sessions { [dialect] _ in dialect.session(id) }.first
    }

    public func opened(_ id: SessionID) async throws(StoreError) -> OpenedSession? {
        try await sql.select { [dialect] _ in
            dialect.opened(id)
        } read: { [dialect] row, seal -> OpenedSession? in
            guard let session = seal.rows(dialect).session(row) else { return nil }
            if let damage = session.damage { throw StoreError.damaged(id, damage) }
            let first = row.count - 1 - TokensRow.columnCount
            return OpenedSession(session, tokens: try TokensRow(seal: seal).tokens(row, from: first, of: id))
        }.first
    }

    public func replacedTokens(of id: SessionID) async throws(StoreError) -> ReplacedTokens? {
        try await sql.select { [dialect] _ in
            """
            SELECT replaced_sealed, key_id FROM \(dialect.tokens) JOIN \(dialect.session) ON session.id = tokens.session
            WHERE session.id = \(id)
            """
        } read: { row, seal in
            try TokensRow(seal: seal).replaced(row, of: id)
        }.first
    }

    public func sessions(named reference: String, limit: Int) async throws(StoreError) -> [VisitorSession] {
        try await sql.sessions { [dialect] _ in dialect.sessions(named: reference, limit: limit) }
    }

    public func sessions(
        holding token: Secret, since: Date, limit: Int
    ) async throws(StoreError) -> [VisitorSession] {
        try await sql.sessions { [dialect] seal in
            dialect.sessions(holding: seal.fingerprints(token), since: since, limit: limit)
        }
    }

    public func history(of id: SessionID, limit: Int) async throws(StoreError) -> [JournalEntry] {
        try await sql.database.query { db in
            try db.rows(JournalRows.newest(limit, of: id, db.dialect), upTo: limit, JournalRows.entry)
        }
    }

    public func journal(after position: Int, limit: Int) async throws(StoreError) -> [JournalEntry] {
        try await sql.database.query { db in
            try db.rows(JournalRows.after(position, limit: limit, db.dialect), upTo: limit, JournalRows.entry)
        }
    }

    public func journalEnd() async throws(StoreError) -> Int {
        try await sql.database.query { db in try JournalRows.head(db) }
    }

    public func clockReading(of issuer: String, bootID: String) async throws(StoreError) -> StoredClockReading? {
        try await sql.database.query { [clock = sql.clock] db in
            try db.first(ClockRows.query(of: issuer, bootID: bootID, clock, db.dialect), ClockRows.reading)
        }
    }

    // MARK: Requests

    public func append(
        _ requests: [LiveRequest.Draft], from source: LiveSource, liveFor duration: Duration
    ) async throws(StoreError) {
        try await sql.write { try $0.append(requests, from: source, liveFor: duration) }
    }

    public func requests(of id: SessionID, limit: Int) async throws(StoreError) -> [LiveRequest] {
        try await sql.database.query { db in
            try db.rows(RequestRows.newest(limit, of: id, db.dialect), RequestRows.request)
        }
    }

    public func requests(after position: Int, limit: Int) async throws(StoreError) -> [LiveRequest] {
        try await sql.database.query { db in
            try db.rows(RequestRows.after(position, limit: limit, db.dialect), RequestRows.request)
        }
    }

    public func requestsEnd() async throws(StoreError) -> Int {
        try await sql.database.query { db in try RequestRows.end(db) }
    }

    public func liveSessions(among sessions: [SessionID]) async throws(StoreError) -> [SessionID: LiveSession] {
        try await sql.database.query { [clock = sql.clock] db in
            try RequestRows.liveSessions(among: sessions, clock, db)
        }
    }

    public func use(of sessions: [SessionID]) async throws(StoreError) -> SessionUse {
        try await sql.database.query { [clock = sql.clock] db in
            SessionUse(
                live: try RequestRows.liveSessions(among: sessions, clock, db),
                substitutions: try db.rows(SubstitutionRows.query(db.dialect), SubstitutionRows.substitution))
        }
    }

    // MARK: Places

    public func remember(_ place: TokenPlace) async throws(StoreError) {
        try await sql.write { _ = try $0.db.run(PlaceRows.remember(place, $0.db.dialect)) }
    }

    public func placeOrigins() async throws(StoreError) -> [String] {
        try await sql.database.query { db in try db.rows(PlaceRows.origins(db.dialect)) { $0.text(0) } }
    }

    public func places(of origin: String) async throws(StoreError) -> [TokenPlace] {
        try await sql.database.query { db in
            try db.rows(PlaceRows.query(of: origin, db.dialect), PlaceRows.place)
        }
    }

    // MARK: Substitutions

    public func substitute(
        _ id: SessionID, with target: SessionID?, entry: JournalEntry.Draft
    ) async throws(StoreError) {
        try await sql.write { try $0.substitute(id, with: target, entry: entry) }
    }

    public func substitutions() async throws(StoreError) -> [Substitution] {
        try await sql.database.query { db in
            try db.rows(SubstitutionRows.query(db.dialect), SubstitutionRows.substitution)
        }
    }

    // MARK: Writing

    public func insert(
        _ session: VisitorSession, tokens: Tokens, entry: JournalEntry.Draft
    ) async throws(StoreError) -> VisitorSession {
        try await sql.write { try $0.insert(session, tokens: tokens, entry: entry) }
    }

    public func update(
        _ session: VisitorSession, tokens: Tokens?, entry: JournalEntry.Draft?, keeping replaced: ReplacedTokens?
    ) async throws(StoreError) -> VisitorSession {
        try await sql.write { try $0.update(session, tokens: tokens, entry: entry, keeping: replaced) }
    }

    public func lease(
        _ session: VisitorSession, to holder: String, for duration: Duration, within request: BudgetRequest?
    ) async throws(StoreError) -> VisitorSession {
        try await sql.write { [database = sql.database] write in
            let leased = try write.lease(session, to: holder, for: duration, within: request)
            try database.reserveSpace(forResponses: 0, at: write.clock, write.db)
            return leased
        }
    }

    public func spend(_ request: BudgetRequest, of clientID: String) async throws(StoreError) {
        try await sql.write { [database = sql.database] write in
            try write.spend(request, of: clientID)
            try database.reserveSpace(forResponses: 1, at: write.clock, write.db)
        }
    }

    public func store(_ reading: ClockReading, of issuer: String) async throws(StoreError) {
        try await sql.write { write in try ClockRows.store(reading, of: issuer, write.clock, write.db) }
    }

    public func purge(_ retention: Retention, by actor: String, batch: Int) async throws(StoreError) -> PurgeResult? {
        try await sql.write { try $0.purge(retention, by: actor, batch: batch) }
    }

    public func recordExpiries(
        after start: Date, until now: Date, by actor: String, batch: Int
    ) async throws(StoreError) -> (count: Int, last: Date?) {
        try await sql.write { try $0.recordExpiries(after: start, until: now, by: actor, batch: batch) }
    }

    public func rotateKeys(
        by actor: String, keepsOldKeys: Bool, report: @Sendable (KeyRotationProgress) -> Void
    ) async throws(StoreError) -> KeyRotationProgress {
        try await KeyRotation(of: sql, by: actor).run(keepsOldKeys: keepsOldKeys, report: report)
    }
}
