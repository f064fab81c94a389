import Foundation
public import VisitorSessions

extension PostgresSessionStore {
    public func insert(
        _ session: VisitorSession, tokens: Tokens, entry: JournalEntry.Draft
    ) async throws(StoreError) -> VisitorSession {
        try await write { write in try write.insert(session, tokens: tokens, entry: entry) }
    }

    public func insert(new sessions: [NewSession]) async throws(StoreError) -> [Insertion] {
        guard !sessions.isEmpty else { return [] }
        return try await write { write in try write.insert(new: sessions) }
    }

    public func update(
        _ session: VisitorSession, tokens: Tokens?, entry: JournalEntry.Draft?
    ) async throws(StoreError) -> VisitorSession {
        try await write { write in try write.update(session, tokens: tokens, entry: entry) }
    }

    public func lease(
        _ session: VisitorSession, to holder: String, for duration: Duration, within request: BudgetRequest?
    ) async throws(StoreError) -> VisitorSession {
        try await write { write in try write.lease(session, to: holder, for: duration, within: request) }
    }

    public func spend(_ request: BudgetRequest, of clientID: String) async throws(StoreError) {
        try await write { write in try write.spend(request, of: clientID) }
    }

    public func tidy(_ retention: Retention, by actor: String, batch: Int) async throws(StoreError) -> Tidied? {
        let (clock, writer) = (clock, writer)
        return try await write { write in
            let tidying = Tidying(retention: retention, actor: actor, batch: batch, clock: clock, writer: writer)
            return try tidying.run(write.db)
        }
    }

    public func store(_ reading: ClockReading, of issuer: String) async throws(StoreError) {
        let clock = clock
        try await database.write { db in try ClockRows.store(reading, of: issuer, clock, db) }
    }

    /// One write: all of it or nothing.
    private func write<Value: Sendable>(
        _ body: @escaping @Sendable (SessionWrite) throws -> Value
    ) async throws(StoreError) -> Value {
        let (keys, clock, writer) = (keys, clock, writer)
        let value = try await database.write { db in
            try body(SessionWrite(db: db, keys: keys, clock: clock, writer: writer))
        }
        announceChange()
        return value
    }
}
