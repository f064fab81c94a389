import Foundation
import Testing

@testable import VisitorSessions

@Suite("The windows of a renewal")
struct RenewalWindowsTests {
    private let start = Date(timeIntervalSince1970: 1_800_000_000)

    private func session(life: Double?) -> VisitorSession {
        let end = life.map { start.addingTimeInterval($0) }
        return VisitorSession(
            clientID: "client", tokens: Tokens(accessToken: AccessToken(Secret("a"), expiresAt: end)), at: start)
    }

    @Test("Four-hour tokens are renewed about five minutes before expiry, with jitter")
    func fourHours() throws {
        let leads = try (0..<200).map { _ in
            let windows = try #require(RenewalWindows(session(life: 14_400), policy: SessionPolicy()))
            #expect(windows.waitFrom == start.addingTimeInterval(14_370))
            return 14_400 - windows.renewFrom.timeIntervalSince(start)
        }
        #expect(leads.allSatisfy { (240...360).contains($0) })
        #expect(Set(leads.map { Int($0 / 20) }).count > 4, "They are spread over the window.")
    }

    @Test("A session's window is stable until its renewal")
    func stable() throws {
        var session = session(life: 14_400)
        let first = try #require(RenewalWindows(session, policy: SessionPolicy())).renewFrom
        #expect(RenewalWindows(session, policy: SessionPolicy())?.renewFrom == first)
        session.renewalCount += 1
        #expect(RenewalWindows(session, policy: SessionPolicy())?.renewFrom != first)
    }

    @Test("Short-lived tokens aren't renewed constantly", arguments: [10.0, 60, 600])
    func shortLife(life: Double) throws {
        let windows = try #require(RenewalWindows(session(life: life), policy: SessionPolicy()))
        #expect(windows.renewFrom.timeIntervalSince(start) >= life * 0.69)
        #expect(windows.waitFrom.timeIntervalSince(start) >= life * 0.9)
        #expect(windows.renewFrom <= windows.waitFrom)
    }

    @Test("A token with unknown expiry has no windows")
    func unknown() {
        #expect(RenewalWindows(session(life: nil), policy: SessionPolicy()) == nil)
    }

    @Test("Pauses grow to a limit, are jittered and never fall below the floor")
    func backoff() {
        let policy = SessionPolicy()
        let longest = Backoff(policy: policy) { 1 }
        #expect((1...4).map { longest.pause(after: $0) } == [1, 2, 4, 8].map { .seconds($0) })
        #expect(longest.pause(after: 1000) == policy.maximumBackoff)
        let shortest = Backoff(policy: policy) { 0 }
        #expect(shortest.pause(after: 5) == policy.minimumBackoff)
        #expect(Backoff(policy: policy) { 0.5 }.pause(after: 3) == .seconds(2))
    }
}
