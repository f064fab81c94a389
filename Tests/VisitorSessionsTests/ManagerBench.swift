import Foundation
import VisitorSessions
import VisitorSessionsTesting

/// Managers on one store, one scripted issuer and one test clock.
struct ManagerBench {
    static let clientID = "c11e0000-0000-4000-8000-000000000001"

    let clock = TestClock()
    let issuer = ScriptedIssuer()
    let store: InMemorySessionStore

    init() {
        store = InMemorySessionStore(now: clock.date)
    }

    func manager(_ name: String = "test 1", store other: (any SessionStore)? = nil) -> SessionManager {
        SessionManager(store: other ?? store, issuer: issuer, name: name, clock: clock, now: clock.date)
    }

    /// A pair whose access token ends in `seconds`.
    func tokens(_ name: String, endingIn seconds: Double = 14_400) -> Tokens {
        Tokens(
            accessToken: AccessToken(Secret("access-\(name)"), expiresAt: clock.date().addingTimeInterval(seconds)),
            refreshToken: RefreshToken(Secret("refresh-\(name)"), role: .visitor))
    }

    /// What an issuer answers to a renewal.
    func issued(_ name: String, refreshToken: String? = nil) -> ScriptedIssuer.Answer {
        .tokens(
            IssuedTokens(
                accessToken: AccessToken(Secret("access-\(name)"), expiresAt: clock.date().addingTimeInterval(14_400)),
                refreshToken: refreshToken.map { RefreshToken(Secret($0)) }, requestID: "request-\(name)"))
    }

    /// A stored session, expired unless said otherwise.
    func session(_ name: String = "old", endingIn seconds: Double = -60) async throws -> VisitorSession {
        try await manager().add(tokens(name, endingIn: seconds), label: "cart", clientID: Self.clientID)
    }

    func state(_ id: SessionID) -> SessionState? {
        store.session(id)?.state(at: clock.date(), policy: SessionPolicy())
    }
}
