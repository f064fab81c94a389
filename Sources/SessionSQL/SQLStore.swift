public import Foundation
public import VisitorSessions

/// A store in an SQL database: the requirements that both databases implement the same way.
///
/// Only for the stores of this package.
public protocol SQLStore: SessionBrowser, StoreMaintenance {
    var sql: SQLSessions { get }
}

extension SQLStore {
    public func session(_ id: SessionID) async throws(StoreError) -> VisitorSession? {
        try await sql.session(id)
    }

    public func opened(_ id: SessionID) async throws(StoreError) -> OpenedSession? {
        try await sql.opened(id)
    }

    public func sessions(named reference: String, limit: Int) async throws(StoreError) -> [VisitorSession] {
        try await sql.sessions(named: reference, limit: limit)
    }

    public func sessions(
        holding token: Secret, since: Date, limit: Int
    ) async throws(StoreError) -> [VisitorSession] {
        try await sql.sessions(holding: token, since: since, limit: limit)
    }

    public func history(of id: SessionID, limit: Int) async throws(StoreError) -> [JournalEntry] {
        try await sql.history(of: id, limit: limit)
    }

    public func journal(after position: Int, limit: Int) async throws(StoreError) -> [JournalEntry] {
        try await sql.journal(after: position, limit: limit)
    }

    public func journalEnd() async throws(StoreError) -> Int {
        try await sql.journalEnd()
    }

    public func clockReading(of issuer: String, bootID: String) async throws(StoreError) -> StoredClockReading? {
        try await sql.clockReading(of: issuer, bootID: bootID)
    }

    public func insert(
        _ session: VisitorSession, tokens: Tokens, entry: JournalEntry.Draft
    ) async throws(StoreError) -> VisitorSession {
        try await sql.insert(session, tokens: tokens, entry: entry)
    }

    public func update(
        _ session: VisitorSession, tokens: Tokens?, entry: JournalEntry.Draft?
    ) async throws(StoreError) -> VisitorSession {
        try await sql.update(session, tokens: tokens, entry: entry)
    }

    public func lease(
        _ session: VisitorSession, to holder: String, for duration: Duration, within request: BudgetRequest?
    ) async throws(StoreError) -> VisitorSession {
        try await sql.lease(session, to: holder, for: duration, within: request)
    }

    public func spend(_ request: BudgetRequest, of clientID: String) async throws(StoreError) {
        try await sql.spend(request, of: clientID)
    }

    public func store(_ reading: ClockReading, of issuer: String) async throws(StoreError) {
        try await sql.store(reading, of: issuer)
    }

    public func purge(_ retention: Retention, by actor: String, batch: Int) async throws(StoreError) -> PurgeResult? {
        try await sql.purge(retention, by: actor, batch: batch)
    }

    public func rotateKeys(
        by actor: String, keepsOldKeys: Bool, report: @Sendable (KeyRotationProgress) -> Void
    ) async throws(StoreError) -> KeyRotationProgress {
        try await KeyRotation(of: sql, by: actor).run(keepsOldKeys: keepsOldKeys, report: report)
    }
}
