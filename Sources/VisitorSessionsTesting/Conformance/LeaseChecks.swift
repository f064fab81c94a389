import Foundation
import VisitorSessions

extension SessionStoreConformance {
    static let leaseChecks: [Check] = [
        Check("a lease has a deadline on the store's clock and records the refresh token as sent") { bench in
            let session = try await bench.insert("leased")
            bench.clock.advance(by: .seconds(5))
            let leased = try await bench.store.lease(session, to: "me", for: .milliseconds(2500), within: nil)
            var expected = session
            expected.lease = SessionLease(holder: "me", deadline: bench.now + .milliseconds(2500))
            expected.sentAt = bench.now
            expected.version = leased.version
            try requireEqual(leased, expected, "what lease returns")
            try require(leased.version > session.version, "the version did not grow")
            let snapshot = try await bench.snapshot(session.id)
            try requireEqual(snapshot.session, expected, "what is stored")
            try requireEqual(snapshot.tokens, bench.tokens("leased", access: 3595, refresh: 86_395), "the tokens")
        },
        Check("another holder is refused until the lease expires, and the error names the holder") { bench in
            let session = try await bench.insert()
            let leased = try await bench.store.lease(session, to: "me", for: .seconds(60), within: nil)
            bench.clock.advance(by: .milliseconds(59_500))
            for version in [session.version, leased.version] {
                var seen = leased
                seen.version = version
                let attempt = seen
                try await bench.requireFailure(.leased, unchanged: session.id, "taking a lease that is held") {
                    do {
                        _ = try await bench.store.lease(attempt, to: "you", for: .seconds(60), within: nil)
                    } catch let error as StoreError {
                        try require(error.message.contains("by me"), "the error does not name the holder")
                        throw error
                    }
                }
            }
        },
        Check("a lease expires at its deadline, and another holder can take it") { bench in
            let session = try await bench.insert()
            let leased = try await bench.store.lease(session, to: "me", for: .seconds(60), within: nil)
            bench.clock.advance(by: .seconds(60))
            let taken = try await bench.store.lease(leased, to: "you", for: .seconds(60), within: nil)
            let lease = SessionLease(holder: "you", deadline: bench.now + .seconds(60))
            try requireEqual(taken.lease, lease, "the lease")
            try await bench.requireFailure(.conflict, unchanged: session.id, "the late holder's write") {
                _ = try await bench.store.update(leased, tokens: bench.tokens("late"), entry: ConformanceBench.draft)
            }
        },
        Check("a lease from a fast clock blocks no one after the clock is corrected") { bench in
            var session = try await bench.insert()
            session.lease = SessionLease(holder: "dead", deadline: bench.now + .seconds(86_400))
            session = try await bench.store.update(session, tokens: nil, entry: nil)
            let taken = try await bench.store.lease(session, to: "you", for: .seconds(3600), within: nil)
            let lease = SessionLease(holder: "you", deadline: bench.now + SessionLease.longest)
            try requireEqual(taken.lease, lease, "the lease, limited to the maximum duration")
        },
        Check("a holder can renew its own lease") { bench in
            let session = try await bench.insert()
            let first = try await bench.store.lease(session, to: "me", for: .seconds(60), within: nil)
            bench.clock.advance(by: .seconds(10))
            let second = try await bench.store.lease(first, to: "me", for: .seconds(60), within: nil)
            try requireEqual(second.lease?.deadline, bench.now + .seconds(60), "the deadline")
        },
        Check("leasing an old version is a conflict and writes nothing") { bench in
            let old = try await bench.insert()
            var changed = old
            changed.label = "changed"
            _ = try await bench.store.update(changed, tokens: nil, entry: nil)
            try await bench.requireFailure(.conflict, unchanged: old.id, "leasing an old version") {
                _ = try await bench.store.lease(old, to: "me", for: .seconds(60), within: nil)
            }
        },
        Check("exactly one of several concurrent holders gets the lease") { bench in
            let session = try await bench.insert()
            let outcomes = try await bench.compete(12) { holder in
                try await bench.store.lease(session, to: "holder \(holder)", for: .seconds(60), within: nil)
            }
            try requireEqual(outcomes.winners.count, 1, "the number of holders")
            try requireEqual(outcomes.failures, Array(repeating: .leased, count: 11), "those refused")
        },
    ]
}

extension SessionStoreConformance {
    private static let budget = RequestBudget(requestsPerMinute: 30)

    static let budgetChecks: [Check] = [
        Check("requests beyond the budget are deferred, by the store's clock") { bench in
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
                let used = try await bench.store.counts(at: bench.now, policy: SessionPolicy()).budgetUsedUntil
                let expected = arrival.flatMap { $0 > bench.now ? $0 : nil }
                try requireNear(used, expected, "the counts")
            }
        },
        Check("background requests leave the burst to waiting callers, and a refusal costs nothing") { bench in
            try await bench.store.spend(BudgetRequest(budget, .background), of: "client")
            for _ in 0..<5 { _ = try await overBudget(bench, .background) }
            try await bench.store.spend(BudgetRequest(budget, .foreground), of: "client")
        },
        Check("every client has its own budget") { bench in
            for client in ["client", "Client", "c\u{0}", ""] {
                try await bench.store.spend(BudgetRequest(budget, .background), of: client)
            }
            _ = try await overBudget(bench, .background)
        },
        Check("a lease takes its request from the budget or fails") { bench in
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
        Check("concurrent requests don't exceed the burst") { bench in
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
            try requireEqual(granted, 3, "the granted requests")
        },
    ]

    /// Compares dates like `requireEqual`, but allows for stores that keep whole milliseconds.
    private static func requireNear(_ found: Date?, _ expected: Date?, _ sentence: String) throws {
        let difference = expected.flatMap { found?.timeIntervalSince($0) } ?? 0
        try require(
            (found == nil) == (expected == nil) && abs(difference) <= 0.000501,
            "\(sentence): \(difference) seconds off, or missing")
    }

    /// Spends a request, which must fail, and returns the error.
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

extension SessionStoreConformance {
    static let renewableChecks: [Check] = [
        Check("the sessions to renew have automatic renewal and can be renewed by the issuer") { bench in
            var generated = GeneratedSessions(at: bench.now)
            var stored: [VisitorSession] = []
            for _ in 0..<120 {
                let (session, tokens) = generated.next()
                stored.append(try await bench.store.insert(session, tokens: tokens, entry: ConformanceBench.draft))
            }
            let issuer = "https://one.example"
            let expected = stored.filter { session in
                let state = session.state(at: bench.now, policy: SessionPolicy())
                return session.autoRenew && ![.refused, .discarded, .damaged].contains(state)
                    && (session.issuer == nil || session.issuer == issuer)
            }
            .sorted { $0.position(by: .accessExpiry) < $1.position(by: .accessExpiry) }
            try require(expected.count > 10, "there are too few sessions to check")
            for limit in [1, 7, 1000] {
                try requireEqual(
                    await bench.store.sessions(toRenewFrom: issuer, at: bench.now, limit: limit).map(\.id),
                    expected.prefix(limit).map(\.id), "the first \(limit)")
            }
        },
        Check("checking a healthy store finds no problems and changes nothing") { bench in
            let session = try await bench.insert("sound")
            let before = try await bench.snapshot(session.id)
            let found = try await bench.store.findings()
            try require(!found.contains { $0.verdict == .bad }, "a finding: \(found)")
            _ = try await bench.store.checkpoint()
            try requireEqual(await bench.snapshot(session.id), before, "the session")
        },
    ]
}
