import Foundation
import VisitorSessions

/// A store that passes everything on, for those that do one thing otherwise.
protocol ForwardingStore: SessionStore {
    var store: InMemorySessionStore { get }
}

extension ForwardingStore {
    var name: String { store.name }

    func session(_ id: SessionID) throws(StoreError) -> VisitorSession? { store.session(id) }

    func sessions(named reference: String, limit: Int) throws(StoreError) -> [VisitorSession] {
        store.sessions(named: reference, limit: limit)
    }

    func sessions(holding token: Secret, since: Date, limit: Int) throws(StoreError) -> [VisitorSession] {
        store.sessions(holding: token, since: since, limit: limit)
    }

    func page(_ query: SessionQuery) throws(StoreError) -> [VisitorSession] { store.page(query) }

    func census(at now: Date, policy: SessionPolicy) throws(StoreError) -> SessionCensus {
        store.census(at: now, policy: policy)
    }

    func history(of id: SessionID, limit: Int) throws(StoreError) -> [JournalEntry] {
        store.history(of: id, limit: limit)
    }

    func journal(after position: Int, limit: Int) throws(StoreError) -> [JournalEntry] {
        store.journal(after: position, limit: limit)
    }

    func journalEnd() throws(StoreError) -> Int { store.journalEnd() }

    func changes() -> AsyncStream<Void> { store.changes() }

    func insert(
        _ session: VisitorSession, tokens: Tokens, entry: JournalEntry.Draft
    ) throws(StoreError) -> VisitorSession {
        try store.insert(session, tokens: tokens, entry: entry)
    }

    func update(
        _ session: VisitorSession, tokens: Tokens?, entry: JournalEntry.Draft?
    ) throws(StoreError) -> VisitorSession {
        try store.update(session, tokens: tokens, entry: entry)
    }

    func lease(
        _ session: VisitorSession, to holder: String, for duration: Duration, within request: BudgetRequest?
    ) throws(StoreError) -> VisitorSession {
        try store.lease(session, to: holder, for: duration, within: request)
    }

    func spend(_ request: BudgetRequest, of clientID: String) throws(StoreError) {
        try store.spend(request, of: clientID)
    }

    func tidy(_ retention: Retention, by actor: String, batch: Int) throws(StoreError) -> Tidied? {
        try store.tidy(retention, by: actor, batch: batch)
    }
}
