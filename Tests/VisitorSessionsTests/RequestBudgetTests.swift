import Foundation
import Testing
import VisitorSessions
import VisitorSessionsTesting

struct RequestBudgetTests {
    private static let start = Date(timeIntervalSince1970: 1_800_000_000)

    /// Stores the arrival as a store does: in whole milliseconds.
    private final class Spender {
        let budget: RequestBudget
        private(set) var arrival: Date?

        init(_ limit: Int, arrival: Date? = nil) {
            budget = RequestBudget(requestsPerMinute: limit)
            self.arrival = arrival
        }

        func passes(at now: Date, _ tier: RequestBudget.Tier) -> Bool {
            guard case .granted(let next) = budget.decide(arrival: arrival, now: now, tier: tier) else { return false }
            arrival = Date(timeIntervalSince1970: (next.timeIntervalSince1970 * 1000).rounded() / 1000)
            return true
        }
    }

    @Test(
        "No sixty seconds exceed the budget",
        arguments: [1, 2, 3, 9, 10, 19, 20, 30, 200, 6000], 0..<4)
    func neverMore(_ limit: Int, _ seed: Int) {
        var random = SplitMix(state: UInt64(limit * 10 + seed))
        let spender = Spender(limit)
        var now = Self.start
        var passed: [Date] = []
        for _ in 0..<20_000 {
            // Pauses, bursts and everything between.
            let pace = 60 / Double(limit)
            let pauses = [0, 0.0003, pace / 3, pace, pace * 1.7, pace * 20]
            now += (pauses.randomElement(using: &random) ?? 0) * Double.random(in: 0..<1, using: &random)
            if spender.passes(at: now, Bool.random(using: &random) ? .foreground : .background) { passed.append(now) }
        }
        #expect(passed.count > limit)
        for (first, last) in zip(passed, passed.dropFirst(limit)) {
            #expect(last.timeIntervalSince(first) >= 60, "\(limit + 1) requests from \(first)")
        }
    }

    @Test(
        "Steady callers get almost nine tenths of the budget, which leaves room for a burst",
        arguments: [10, 30, 200, 1000])
    func isUsed(_ limit: Int) {
        let spender = Spender(limit)
        let passed = (0..<600_000).count { spender.passes(at: Self.start + Double($0) / 1000, .background) }
        #expect(passed * 100 >= limit * 10 * 88)
        #expect(passed <= limit * 10)
    }

    @Test("Waiting callers may burst a tenth; background requests keep the pace")
    func tiers() {
        let spender = Spender(200)
        #expect((0..<50).count { _ in spender.passes(at: Self.start, .foreground) } == 20)
        let background = Spender(200)
        #expect((0..<50).count { _ in background.passes(at: Self.start, .background) } == 1)
        #expect((0..<50).count { _ in background.passes(at: Self.start, .foreground) } == 19)
    }

    @Test("A request passes at the time that a refusal names, not before", arguments: [1, 7, 30, 200])
    func notBefore(_ limit: Int) throws {
        let spender = Spender(limit)
        while spender.passes(at: Self.start, .foreground) {}
        for tier in [RequestBudget.Tier.foreground, .background] {
            let decision = spender.budget.decide(arrival: spender.arrival, now: Self.start, tier: tier)
            guard case .notBefore(let date) = decision else {
                Issue.record("it was granted")
                return
            }
            let early = Spender(limit, arrival: spender.arrival)
            #expect(!early.passes(at: date - 0.001, tier))
            #expect(early.passes(at: date, tier))
        }
    }

    @Test("A clock that was set back doesn't stop the requests", arguments: [1, 10, 200])
    func clockSetBack(_ limit: Int) {
        for seconds in [100.0, 3600] {
            let spender = Spender(limit)
            while spender.passes(at: Self.start, .foreground) {}
            #expect(!spender.passes(at: Self.start - 0.4, .foreground))
            #expect(spender.passes(at: Self.start - seconds, .foreground))
        }
    }

    @Test("A budget of zero means one request a minute", arguments: [0, -5])
    func atLeastOne(_ limit: Int) {
        #expect(RequestBudget(requestsPerMinute: limit) == RequestBudget(requestsPerMinute: 1))
    }
}
