package import Foundation
package import VisitorSessions

/// The part of a store that both databases share: each statement once, over an adapter's connections.
public struct SQLSessions: Sendable {
    package let database: any SQLDatabase
    package let keys: StoreKeys
    package let clock: StoreClock
    private let signal: ChangeSignal

    /// Identifies this store's writes in notifications.
    package let writer = SessionID().description

    /// - Parameter signal: Sent after each write.
    package init(_ database: any SQLDatabase, keys: StoreKeys, clock: StoreClock, signal: ChangeSignal) {
        self.database = database
        self.keys = keys
        self.clock = clock
        self.signal = signal
    }

    private var dialect: Dialect { database.dialect }

    // MARK: Reading

    /// Maps the rows of one statement, whose last column is the current key's ID. If that isn't the key the statement
    /// was built with, keys have been rotated: it runs again with the new one.
    package func select<Value: Sendable>(
        _ query: @escaping @Sendable (TokenSeal) -> SQLText,
        read: @escaping @Sendable (any SQLRow, TokenSeal) throws -> Value?
    ) async throws(StoreError) -> [Value] {
        var seal = keys.seal
        while true {
            let known = seal
            let (values, named): ([Value], Data?) = try await database.query { db in
                var named: Data?
                let values = try db.rows(query(known)) { row -> Value? in
                    if named == nil { named = row.bytes(row.count - 1) ?? known.keyID }
                    return named == known.keyID ? try read(row, known) : nil
                }
                return (values, named == known.keyID ? nil : named)
            }
            guard let named else { return values }
            seal = try keys.seal(naming: named)
        }
    }

    package func sessions(
        _ query: @escaping @Sendable (TokenSeal) -> SQLText
    ) async throws(StoreError) -> [VisitorSession] {
        let dialect = dialect
        return try await select(query) { row, seal in seal.rows(dialect).session(row) }
    }

    package func session(_ id: SessionID) async throws(StoreError) -> VisitorSession? {
        let dialect = dialect
        return try await sessions { _ in dialect.session(id) }.first
    }

    package func opened(_ id: SessionID) async throws(StoreError) -> OpenedSession? {
        let dialect = dialect
        return try await select { _ in
            dialect.opened(id)
        } read: { row, seal -> OpenedSession? in
            guard let session = seal.rows(dialect).session(row) else { return nil }
            if let damage = session.damage { throw StoreError.damaged(id, damage) }
            let first = row.count - 1 - TokensRow.columnCount
            return OpenedSession(session, tokens: try TokensRow(seal: seal).tokens(row, from: first, of: id))
        }.first
    }

    package func sessions(named reference: String, limit: Int) async throws(StoreError) -> [VisitorSession] {
        let dialect = dialect
        return try await sessions { _ in dialect.sessions(named: reference, limit: limit) }
    }

    package func sessions(
        holding token: Secret, since: Date, limit: Int
    ) async throws(StoreError) -> [VisitorSession] {
        let dialect = dialect
        return try await sessions { seal in
            dialect.sessions(holding: seal.fingerprints(token), since: since, limit: limit)
        }
    }

    package func history(of id: SessionID, limit: Int) async throws(StoreError) -> [JournalEntry] {
        try await database.query { db in
            try db.rows(JournalRows.newest(limit, of: id, db.dialect), upTo: limit, JournalRows.entry)
        }
    }

    package func journal(after position: Int, limit: Int) async throws(StoreError) -> [JournalEntry] {
        try await database.query { db in
            try db.rows(JournalRows.after(position, limit: limit, db.dialect), upTo: limit, JournalRows.entry)
        }
    }

    package func journalEnd() async throws(StoreError) -> Int {
        try await database.query { db in try JournalRows.head(db) }
    }

    package func clockReading(of issuer: String, bootID: String) async throws(StoreError) -> StoredClockReading? {
        let clock = clock
        return try await database.query { db in
            try db.first(ClockRows.query(of: issuer, bootID: bootID, clock, db.dialect), ClockRows.reading)
        }
    }

    // MARK: Writing

    package func write<Value: Sendable>(
        _ body: @escaping @Sendable (SessionWrite) throws -> Value
    ) async throws(StoreError) -> Value {
        let (keys, clock, writer) = (keys, clock, writer)
        let value = try await database.transaction { db in
            try body(SessionWrite(db, keys: keys, clock: clock, writer: writer))
        }
        signal.send()
        return value
    }

    package func insert(
        _ session: VisitorSession, tokens: Tokens, entry: JournalEntry.Draft
    ) async throws(StoreError) -> VisitorSession {
        try await write { try $0.insert(session, tokens: tokens, entry: entry) }
    }

    package func update(
        _ session: VisitorSession, tokens: Tokens?, entry: JournalEntry.Draft?
    ) async throws(StoreError) -> VisitorSession {
        try await write { try $0.update(session, tokens: tokens, entry: entry) }
    }

    package func lease(
        _ session: VisitorSession, to holder: String, for duration: Duration, within request: BudgetRequest?
    ) async throws(StoreError) -> VisitorSession {
        let database = database
        return try await write { write in
            let leased = try write.lease(session, to: holder, for: duration, within: request)
            try database.reserveSpace(forResponses: 0, at: write.clock, write.db)
            return leased
        }
    }

    package func spend(_ request: BudgetRequest, of clientID: String) async throws(StoreError) {
        let database = database
        try await write { write in
            try write.spend(request, of: clientID)
            try database.reserveSpace(forResponses: 1, at: write.clock, write.db)
        }
    }

    package func purge(_ retention: Retention, by actor: String, batch: Int) async throws(StoreError) -> PurgeResult? {
        try await write { try $0.purge(retention, by: actor, batch: batch) }
    }

    package func store(_ reading: ClockReading, of issuer: String) async throws(StoreError) {
        try await write { write in try ClockRows.store(reading, of: issuer, write.clock, write.db) }
    }
}
