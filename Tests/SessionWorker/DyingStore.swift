import VisitorSessions
import VisitorSessionsTesting

/// A store in whose calls the process may die.
struct DyingStore<Store: SessionBrowser & StoreMaintenance>: ForwardingStore {
    let store: Store
    let death: Death

    func opened(_ id: SessionID) async throws(StoreError) -> OpenedSession? {
        death.pass("before-open")
        let opened = try await store.opened(id)
        death.pass("after-open")
        return opened
    }

    func update(
        _ session: VisitorSession, tokens: Tokens?, entry: JournalEntry.Draft?
    ) async throws(StoreError) -> VisitorSession {
        death.pass("before-update")
        let updated = try await store.update(session, tokens: tokens, entry: entry)
        death.pass("after-update")
        return updated
    }

    func lease(
        _ session: VisitorSession, to holder: String, for duration: Duration, within request: BudgetRequest?
    ) async throws(StoreError) -> VisitorSession {
        death.pass("before-lease")
        let leased = try await store.lease(session, to: holder, for: duration, within: request)
        death.pass("after-lease")
        return leased
    }
}
