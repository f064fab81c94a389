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

    @Test("Four hours are renewed about five minutes before their end, each session at a time of its own")
    func fourHours() throws {
        let leads = try (0..<200).map { _ in
            let windows = try #require(RenewalWindows(session(life: 14_400), policy: SessionPolicy()))
            #expect(windows.waitFrom == start.addingTimeInterval(14_370))
            return 14_400 - windows.renewFrom.timeIntervalSince(start)
        }
        #expect(leads.allSatisfy { (240...360).contains($0) })
        #expect(Set(leads.map { Int($0 / 20) }).count > 4, "They are spread over the window.")
    }

    @Test("One session has the same window at every look, and another one after its renewal")
    func stable() throws {
        var session = session(life: 14_400)
        let first = try #require(RenewalWindows(session, policy: SessionPolicy())).renewFrom
        #expect(RenewalWindows(session, policy: SessionPolicy())?.renewFrom == first)
        session.renewalCount += 1
        #expect(RenewalWindows(session, policy: SessionPolicy())?.renewFrom != first)
    }

    @Test("A short life is not renewed all the time", arguments: [10.0, 60, 600])
    func shortLife(life: Double) throws {
        let windows = try #require(RenewalWindows(session(life: life), policy: SessionPolicy()))
        #expect(windows.renewFrom.timeIntervalSince(start) >= life * 0.69)
        #expect(windows.waitFrom.timeIntervalSince(start) >= life * 0.9)
        #expect(windows.renewFrom <= windows.waitFrom)
    }

    @Test("A token whose end nobody has told has no windows")
    func unknown() {
        #expect(RenewalWindows(session(life: nil), policy: SessionPolicy()) == nil)
    }

    @Test("Pauses grow to a limit, are chosen below it, and never fall under the floor")
    func backoff() {
        let policy = SessionPolicy()
        let longest = Backoff(policy: policy) { 1 }
        #expect((1...4).map { longest.pause(after: $0) } == [1, 2, 4, 8].map { .seconds($0) })
        #expect(longest.pause(after: 1000) == policy.longestRetry)
        let shortest = Backoff(policy: policy) { 0 }
        #expect(shortest.pause(after: 5) == policy.attemptFloor)
        #expect(Backoff(policy: policy) { 0.5 }.pause(after: 3) == .seconds(2))
    }
}
