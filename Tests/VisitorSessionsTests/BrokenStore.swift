import Foundation
import VisitorSessions

/// A store that is full.
struct BrokenStore: SessionStore {
    private static let failure = StoreError(.unavailable, "The disk is full.")

    var name: String { "broken" }

    func session(_ id: SessionID) throws(StoreError) -> VisitorSession? { nil }
    func opened(_ id: SessionID) throws(StoreError) -> OpenedSession? { nil }
    func sessions(named reference: String, limit: Int) throws(StoreError) -> [VisitorSession] { [] }
    func sessions(holding token: Secret, since: Date, limit: Int) throws(StoreError) -> [VisitorSession] { [] }
    func page(_ query: SessionQuery) throws(StoreError) -> [VisitorSession] { [] }
    func rank(of position: SessionPosition, in query: SessionQuery) throws(StoreError) -> SessionRank {
        SessionRank(before: 0, total: 0)
    }

    func census(at now: Date, policy: SessionPolicy) throws(StoreError) -> SessionCensus { SessionCensus() }
    func history(of id: SessionID, limit: Int) throws(StoreError) -> [JournalEntry] { [] }
    func journal(after position: Int, limit: Int) throws(StoreError) -> [JournalEntry] { [] }
    func journalEnd() throws(StoreError) -> Int { 0 }
    func clockReading(of issuer: String, bootID: String) throws(StoreError) -> StoredClockReading? { nil }
    func store(_ reading: ClockReading, of issuer: String) throws(StoreError) { throw Self.failure }
    func changes() -> AsyncStream<Void> { AsyncStream { $0.finish() } }

    func insert(
        _ session: VisitorSession, tokens: Tokens, entry: JournalEntry.Draft
    ) throws(StoreError) -> VisitorSession {
        throw Self.failure
    }

    func insert(new sessions: [NewSession]) throws(StoreError) -> [Insertion] { throw Self.failure }

    func update(
        _ session: VisitorSession, tokens: Tokens?, entry: JournalEntry.Draft?
    ) throws(StoreError) -> VisitorSession {
        throw Self.failure
    }

    func lease(
        _ session: VisitorSession, to holder: String, for duration: Duration, within request: BudgetRequest?
    ) throws(StoreError) -> VisitorSession {
        throw Self.failure
    }

    func spend(_ request: BudgetRequest, of clientID: String) throws(StoreError) {
        throw Self.failure
    }

    func tidy(_ retention: Retention, by actor: String, batch: Int) throws(StoreError) -> Tidied? {
        throw Self.failure
    }
}
