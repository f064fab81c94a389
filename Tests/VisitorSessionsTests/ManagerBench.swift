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

    /// A manager with the longest possible pauses.
    func manager(
        _ name: String = "test 1", store other: (any SessionStore)? = nil, issuer otherIssuer: (any TokenIssuer)? = nil,
        policy: SessionPolicy = Self.policy()
    ) -> SessionManager {
        SessionManager(
            store: other ?? store, issuer: otherIssuer ?? issuer, policy: policy, name: name, clock: clock,
            now: clock.date, uptime: { [clock] in MachineUptime(bootID: "test", elapsed: clock.now.offset) },
            jitter: { 1 })
    }

    /// One attempt per renewal by default, so that tests see each failure.
    static func policy(attempts: Int = 1, _ change: (inout SessionPolicy) -> Void = { _ in }) -> SessionPolicy {
        var policy = SessionPolicy()
        policy.attempts = attempts
        change(&policy)
        return policy
    }

    /// A pair whose access token expires in `seconds`.
    func tokens(_ name: String, endingIn seconds: Double = 14_400) -> Tokens {
        Tokens(
            accessToken: AccessToken(Secret("access-\(name)"), expiresAt: clock.date().addingTimeInterval(seconds)),
            refreshToken: RefreshToken(Secret("refresh-\(name)"), role: .visitor))
    }

    /// An issuer's response to a renewal.
    func issued(_ name: String, refreshToken: String? = nil) -> ScriptedIssuer.Answer {
        .tokens(
            IssuedTokens(
                accessToken: AccessToken(Secret("access-\(name)"), expiresAt: clock.date().addingTimeInterval(14_400)),
                refreshToken: refreshToken.map { RefreshToken(Secret($0)) }, requestID: "request-\(name)"))
    }

    /// A stored session whose tokens were granted for four hours, expired by default.
    func session(
        _ name: String = "old", endingIn seconds: Double = -60, change: (inout VisitorSession) -> Void = { _ in }
    ) async throws -> VisitorSession {
        let tokens = tokens(name, endingIn: seconds)
        var session = VisitorSession(
            label: "cart", clientID: Self.clientID, issuer: issuer.name, tokens: tokens,
            at: clock.date().addingTimeInterval(seconds - 14_400))
        change(&session)
        return try store.insert(session, tokens: tokens, entry: .init(.set, actor: "test 1"))
    }

    func state(_ id: SessionID) -> SessionState? {
        store.session(id)?.state(at: clock.date(), policy: SessionPolicy())
    }

    /// Runs `body` while time passes: a tenth of a second whenever a task sleeps.
    func whileTimePasses<Value: Sendable>(_ body: () async throws -> Value) async rethrows -> Value {
        let passing = Task { [clock] in
            while !Task.isCancelled {
                await clock.waitForSleepers()
                await Task.yield()
                clock.advance(by: .milliseconds(100))
            }
        }
        defer { passing.cancel() }
        return try await body()
    }
}
