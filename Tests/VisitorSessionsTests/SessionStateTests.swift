import Foundation
import Testing
import VisitorSessions

struct SessionStateTests {
    private let now = Date(timeIntervalSince1970: 1_800_000_000)
    private let policy = SessionPolicy()

    private func session(access: Double? = 3600, refresh: Double? = 86_400) -> VisitorSession {
        let tokens = Tokens(
            accessToken: access.map { AccessToken(Secret("a"), expiresAt: now.addingTimeInterval($0)) },
            refreshToken: refresh.map { RefreshToken(Secret("r"), expiresAt: now.addingTimeInterval($0)) })
        return VisitorSession(clientID: "c", tokens: tokens, at: now.addingTimeInterval(-7200))
    }

    private func state(_ session: VisitorSession) -> SessionState {
        session.state(at: now, policy: policy)
    }

    @Test(
        "The access token's expiry makes it valid, expiring or expired",
        arguments: [
            (301.0, SessionState.valid), (300.001, .valid), (300, .expiring), (0.001, .expiring), (0, .expired),
            (-1, .expired),
        ])
    func byAccessToken(_ access: Double, _ expected: SessionState) {
        #expect(state(session(access: access)) == expected)
    }

    @Test(
        "A short-lived token is expiring in the last fifth of its lifetime",
        arguments: [(81.0, SessionState.valid), (80, .expiring), (1, .expiring), (0, .expired)])
    func shortLived(_ left: Double, _ expected: SessionState) {
        let tokens = Tokens(
            accessToken: AccessToken(Secret("a"), expiresAt: now.addingTimeInterval(left)),
            refreshToken: RefreshToken(Secret("r")))
        let session = VisitorSession(clientID: "c", tokens: tokens, at: now.addingTimeInterval(left - 400))
        #expect(state(session) == expected)
    }

    @Test(
        "Without a working refresh token it is refused",
        arguments: [
            (3600.0, 0.0, SessionState.refused), (3600, -1, .refused), (-1, -1, .refused), (-1, 1, .expired),
            (3600, 1, .valid),
        ])
    func byRefreshToken(_ access: Double, _ refresh: Double, _ expected: SessionState) {
        #expect(state(session(access: access, refresh: refresh)) == expected)
    }

    @Test("Half a pair has a state of its own")
    func halves() {
        #expect(state(session(refresh: nil)) == .valid)
        #expect(state(session(access: 1, refresh: nil)) == .expiring)
        #expect(state(session(access: -1, refresh: nil)) == .refused)
        #expect(state(session(access: nil)) == .expired)
        #expect(state(session(access: nil, refresh: nil)) == .refused)
    }

    @Test("A token with unknown expiry counts as valid")
    func unknownExpiry() {
        let tokens = Tokens(
            accessToken: AccessToken(Secret("a"), expiresAt: nil), refreshToken: RefreshToken(Secret("r")))
        #expect(state(VisitorSession(clientID: "c", tokens: tokens, at: now)) == .valid)
    }

    @Test("Damage takes precedence, then discarded, the lease, unresolved and refused")
    func precedence() {
        var session = session()
        session.refusedAt = now
        #expect(state(session) == .refused)
        session.sentAt = now
        #expect(state(session) == .unresolved)
        session.lease = SessionLease(holder: "h", deadline: now)
        #expect(state(session) == .unresolved)
        session.lease = SessionLease(holder: "h", deadline: now + .milliseconds(1))
        #expect(state(session) == .renewing)
        session.discardedAt = now
        #expect(state(session) == .discarded)
        session.damage = "its role is unknown"
        #expect(state(session) == .damaged)
    }

    @Test("The state changes only at predicted times")
    func nextChange() {
        var session = session(access: 3600, refresh: 5000)
        session.lease = SessionLease(holder: "h", deadline: now + .seconds(60))
        var time = now
        var changes: [Double] = []
        while let next = session.nextStateChange(after: time, policy: policy) {
            changes.append(next.timeIntervalSince(now))
            let before = session.state(at: next - .milliseconds(1), policy: policy)
            #expect(before == session.state(at: time, policy: policy))
            time = next
        }
        #expect(changes == [60, 3300, 3600, 5000])
    }

    @Test("Applying tokens resets what was known of the previous ones")
    func takes() {
        var session = session()
        session.sentAt = now
        session.refusedAt = now
        session.visitorID = "old"
        session.apply(Tokens(refreshToken: RefreshToken(Secret("r"), role: .member)), at: now)
        #expect(session.sentAt == nil)
        #expect(session.refusedAt == nil)
        #expect(session.visitorID == "old")
        #expect(session.role == .member)
        #expect(session.accessExpiry == .absent)
        #expect(session.refreshExpiry == .unknown)
        #expect(session.tokensAt == now)
    }
}
