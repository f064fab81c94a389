import Foundation
import Testing

@testable import VisitorSessions

@Suite("The plan of automatic renewal")
struct RenewalPlanTests {
    private let now = Date(timeIntervalSince1970: 1_800_000_000)

    private func session(endingIn seconds: Double, change: (inout VisitorSession) -> Void = { _ in }) -> VisitorSession
    {
        let tokens = Tokens(
            accessToken: AccessToken(Secret("a"), expiresAt: now.addingTimeInterval(seconds)),
            refreshToken: RefreshToken(Secret("r")))
        var session = VisitorSession(
            clientID: "client", issuer: "issuer", tokens: tokens, at: now.addingTimeInterval(seconds - 14_400))
        change(&session)
        return session
    }

    private func plan(_ sessions: [VisitorSession], interval: Duration = .zero) -> RenewalPlan {
        RenewalPlan(
            sessions.sorted { $0.accessExpiry < $1.accessExpiry }, policy: SessionPolicy(), issuer: "issuer",
            interval: interval, at: Moment(elapsed: .zero, wall: now.addingTimeInterval(-7200), now: now))
    }

    @Test("Sessions that expire soon are due, earliest first")
    func due() {
        let soon = session(endingIn: 100)
        let over = session(endingIn: -100)
        let later = session(endingIn: 3600)
        let plan = plan([later, soon, over])
        #expect(plan.due == [0, 1])
        #expect(plan.next == RenewalWindows(later, policy: SessionPolicy())?.renewFrom)
    }

    @Test("A failed session is due after its pause")
    func pauses() {
        let paused = session(endingIn: 10) { $0.retryAt = now.addingTimeInterval(7) }
        #expect(plan([paused]).due.isEmpty && plan([paused]).next == paused.retryAt)
    }

    @Test("An impossible pause, from a clock that was set back, is ignored")
    func absurdPause() {
        let paused = session(endingIn: 10) { $0.retryAt = now.addingTimeInterval(365 * 86_400) }
        #expect(plan([paused]).due.count == 1)
    }

    @Test("A leased session is due when its lease expires, by the store's clock")
    func leased() {
        let leased = session(endingIn: 10) {
            $0.lease = SessionLease(holder: "other", deadline: now.addingTimeInterval(-7200 + 9))
        }
        #expect(plan([leased]).due.isEmpty && plan([leased]).next == now.addingTimeInterval(9))
    }

    @Test("A session that another process renews isn't late, and delays no other")
    func leasedIsNotLate() {
        let leased = session(endingIn: 10) {
            $0.lease = SessionLease(holder: "other", deadline: now.addingTimeInterval(-7200 + 30))
        }
        let plan = plan([leased, session(endingIn: 20)], interval: .seconds(1))
        #expect(plan.late == 0 && plan.due == [1] && plan.next == now.addingTimeInterval(30))
    }

    @Test("An impossible lease, from a clock that was set back, is ignored")
    func absurdLease() {
        let leased = session(endingIn: 10) {
            $0.lease = SessionLease(holder: "other", deadline: now.addingTimeInterval(86_400))
        }
        #expect(plan([leased]).due.count == 1)
    }

    @Test("A session whose renewal returned an expired token is paused")
    func overOnArrival() {
        let arrival = now.addingTimeInterval(-1)
        let spent = session(endingIn: -5) {
            $0.tokensAt = arrival
            $0.renewedAt = arrival
        }
        #expect(plan([spent]).due.isEmpty && plan([spent]).next == arrival + SessionPolicy().maximumBackoff)
        let given = session(endingIn: -5) { $0.tokensAt = arrival }
        #expect(plan([given]).due.count == 1, "not tried yet")
    }

    @Test("Sessions that can't be renewed are left out")
    func leftOut() {
        let plan = plan([
            session(endingIn: 10) { $0.issuer = "another" }, session(endingIn: 10) { $0.refreshExpiry = .absent },
            session(endingIn: 10) { $0.accessExpiry = .unknown },
        ])
        #expect(plan.due.isEmpty && plan.next == nil)
    }

    @Test("A batch that expires together starts early enough to finish in time")
    func crowd() {
        let crowd = (0..<1000).map { _ in session(endingIn: 1000) }
        // A thousand at three a second take 333 seconds: less than the time that is left, more than the window.
        let early = plan(crowd, interval: .milliseconds(333))
        #expect(early.due.isEmpty)
        #expect(early.next.map { abs($0.timeIntervalSince(now) - (970 - 333)) < 1 } == true)
        let slow = plan(crowd, interval: .milliseconds(990))
        #expect(!slow.due.isEmpty && slow.late == 0)
        #expect(plan(crowd, interval: .seconds(2)).late == 500)
    }
}
