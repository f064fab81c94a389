import Foundation
import VisitorSessions

extension SessionStoreConformance {
    private static let budget = RequestBudget(requestsPerMinute: 30)

    static let budgetChecks: [Check] = [
        Check("requests beyond the budget wait as long as the budget says, by the store's clock") { bench in
            var arrival: Date?
            for _ in 0..<40 {
                let decision = budget.decide(arrival: arrival, now: bench.now, tier: .foreground)
                switch decision {
                case .granted(let next):
                    try await bench.store.spend(BudgetRequest(budget, .foreground), of: "client")
                    arrival = next
                case .notBefore(let date):
                    let error = try await overBudget(bench, .foreground)
                    try requireNear(error.notBefore, date, "when it may be tried again")
                    bench.clock.advance(by: .milliseconds(700))
                }
                let used = try await bench.store.census(at: bench.now, policy: SessionPolicy()).budgetUsedUntil
                let expected = arrival.flatMap { $0 > bench.now ? $0 : nil }
                try requireNear(used, expected, "the census")
            }
        },
        Check("what nobody waits for leaves the burst to those who wait, and a refusal costs nothing") { bench in
            try await bench.store.spend(BudgetRequest(budget, .background), of: "client")
            for _ in 0..<5 { _ = try await overBudget(bench, .background) }
            try await bench.store.spend(BudgetRequest(budget, .foreground), of: "client")
        },
        Check("every client has a budget of its own") { bench in
            for client in ["client", "Client", "c\u{0}", ""] {
                try await bench.store.spend(BudgetRequest(budget, .background), of: client)
            }
            _ = try await overBudget(bench, .background)
        },
        Check("a lease takes its request from the budget, or is not taken at all") { bench in
            let session = try await bench.insert("one")
            let request = BudgetRequest(budget, .background)
            let leased = try await bench.store.lease(session, to: "me", for: .seconds(9), within: request)
            try await bench.requireFailure(.overBudget, unchanged: session.id, "leasing over budget") {
                _ = try await bench.store.lease(leased, to: "me", for: .seconds(9), within: request)
            }
            _ = try await overBudget(bench, .background)
            let other = try await bench.insert("two", client: "another")
            _ = try await bench.store.lease(other, to: "me", for: .seconds(9), within: request)
        },
        Check("a lease that is refused for another reason costs no request") { bench in
            let session = try await bench.insert("held")
            let held = try await bench.store.lease(session, to: "me", for: .seconds(9), within: nil)
            let request = BudgetRequest(budget, .background)
            try await bench.requireFailure(.leased, unchanged: session.id, "taking a lease that is held") {
                _ = try await bench.store.lease(held, to: "you", for: .seconds(9), within: request)
            }
            try await bench.requireFailure(.conflict, unchanged: session.id, "leasing an old version") {
                _ = try await bench.store.lease(session, to: "me", for: .seconds(9), within: request)
            }
            try await bench.store.spend(request, of: "client")
        },
        Check("of concurrent spenders no more get through than the burst") { bench in
            let granted = try await withThrowingTaskGroup(of: Bool.self) { group in
                for _ in 0..<20 {
                    group.addTask {
                        do {
                            try await bench.store.spend(BudgetRequest(budget, .foreground), of: "client")
                            return true
                        } catch let error as StoreError where error.kind == .overBudget {
                            return false
                        }
                    }
                }
                return try await group.reduce(0) { $0 + ($1 ? 1 : 0) }
            }
            try requireEqual(granted, 3, "the requests that got through")
        },
    ]

    /// Stores keep whole milliseconds.
    private static func requireNear(_ found: Date?, _ expected: Date?, _ sentence: String) throws {
        let difference = expected.flatMap { found?.timeIntervalSince($0) } ?? 0
        try require(
            (found == nil) == (expected == nil) && abs(difference) <= 0.000501,
            "\(sentence): \(difference) seconds off, or missing")
    }

    /// Spends, which must fail, and returns how.
    private static func overBudget(_ bench: ConformanceBench, _ tier: RequestBudget.Tier) async throws -> StoreError {
        do {
            try await bench.store.spend(BudgetRequest(budget, tier), of: "client")
        } catch {
            try requireEqual(error.kind, .overBudget, "the failure")
            return error
        }
        throw ConformanceFailure(sentence: "More got through than the budget allows.", file: #fileID, line: #line)
    }
}
