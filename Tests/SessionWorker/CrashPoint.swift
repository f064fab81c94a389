import Foundation
import VisitorSessions
import VisitorSessionsTesting

/// The step at which this process kills itself, if any. SIGKILL can't be caught.
struct CrashPoint: Sendable {
    let step: String?

    func reach(_ step: String) {
        if step == self.step { kill(getpid(), SIGKILL) }
    }
}

/// An issuer whose renewals reach crash points.
struct CrashingIssuer: TokenIssuer {
    let issuer: any TokenIssuer
    let crashPoint: CrashPoint

    var name: String { issuer.name }

    func generate(clientID: String, within limit: Duration) async throws(IssuerError) -> IssuedTokens {
        try await issuer.generate(clientID: clientID, within: limit)
    }

    func renew(
        _ refreshToken: RefreshToken, clientID: String, within limit: Duration
    ) async throws(IssuerError) -> IssuedTokens {
        crashPoint.reach("before-request")
        let issued = try await issuer.renew(refreshToken, clientID: clientID, within: limit)
        crashPoint.reach("after-request")
        return issued
    }
}

/// A store whose calls reach crash points.
struct CrashingStore<Store: SessionBrowser & StoreMaintenance>: ForwardingStore {
    let store: Store
    let crashPoint: CrashPoint

    func opened(_ id: SessionID) async throws(StoreError) -> OpenedSession? {
        crashPoint.reach("before-open")
        let opened = try await store.opened(id)
        crashPoint.reach("after-open")
        return opened
    }

    func update(
        _ session: VisitorSession, tokens: Tokens?, entry: JournalEntry.Draft?, keeping replaced: ReplacedTokens?
    ) async throws(StoreError) -> VisitorSession {
        crashPoint.reach("before-update")
        let updated = try await store.update(session, tokens: tokens, entry: entry, keeping: replaced)
        crashPoint.reach("after-update")
        return updated
    }

    func lease(
        _ session: VisitorSession, to holder: String, for duration: Duration, within request: BudgetRequest?
    ) async throws(StoreError) -> VisitorSession {
        crashPoint.reach("before-lease")
        let leased = try await store.lease(session, to: holder, for: duration, within: request)
        crashPoint.reach("after-lease")
        return leased
    }
}
