import Foundation
import VisitorSessions

struct BrokenStore: SessionStore {
    private static let failure = StoreError(.unavailable, "The disk is full.")

    func opened(_ id: SessionID) throws(StoreError) -> OpenedSession? { nil }
    func sessions(holding token: Secret, since: Date, limit: Int) throws(StoreError) -> [VisitorSession] { [] }
    func sessions(toRenewFrom issuer: String, at now: Date, limit: Int) -> [VisitorSession] { [] }
    func clockReading(of issuer: String, bootID: String) throws(StoreError) -> StoredClockReading? { nil }
    func store(_ reading: ClockReading, of issuer: String) throws(StoreError) { throw Self.failure }
    func replacedTokens(of id: SessionID) throws(StoreError) -> ReplacedTokens? { nil }
    func changes() -> AsyncStream<Void> { AsyncStream { $0.finish() } }

    func insert(
        _ session: VisitorSession, tokens: Tokens, entry: JournalEntry.Draft
    ) throws(StoreError) -> VisitorSession {
        throw Self.failure
    }

    func update(
        _ session: VisitorSession, tokens: Tokens?, entry: JournalEntry.Draft?, keeping replaced: ReplacedTokens?
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
}
