import Foundation
import VisitorSessions

extension SessionStoreConformance {
    static let countChecks: [Check] = [
        Check("counts match the sessions") { bench in
            let stored = try await storeMany(bench, count: 250)
            for (now, policy) in times(bench) {
                let counts = try await bench.store.counts(at: now, policy: policy)
                for state in SessionState.allCases {
                    let count = stored.count { $0.state(at: now, policy: policy) == state }
                    try requireEqual(counts[state], count, "the number of \(state) sessions")
                }
                let kept = stored.filter { $0.discardedAt == nil }
                try requireEqual(counts.total, kept.count, "the total")
                let nextExpiry = kept.compactMap(\.accessExpiry.date).filter { $0 > now }.min()
                try requireEqual(counts.nextExpiry, nextExpiry, "the next expiry")
                let steps = kept.compactMap(\.accessExpiry.date).filter { $0 > now }.map {
                    ExpiryHistogram.step(of: $0)
                }
                .filter { ExpiryHistogram.range(at: now).contains($0) }
                let expiries = Dictionary(steps.map { ($0, 1) }, uniquingKeysWith: +)
                try requireEqual(counts.expiries.counts, expiries, "when tokens end")
                let nextChange = kept.compactMap { $0.nextStateChange(after: now, policy: policy) }.min()
                guard counts.changes.isEmpty else { continue }
                try requireEqual(counts.nextChange == nil, nextChange == nil, "whether there is a next change")
                let isInTime = (counts.nextChange ?? now) <= (nextChange ?? now)
                try require(isInTime, "the next change isn't named too late")
            }
        },
        Check("counts advanced by their predicted changes match a later time") { bench in
            let stored = try await storeMany(bench, count: 250)
            let kept = stored.filter { $0.discardedAt == nil }
            let policy = SessionPolicy()
            let starts = kept.flatMap { [$0.accessExpiry.date, $0.refreshExpiry.date, $0.lease?.deadline] }
                .compactMap { $0.map { $0 - .seconds(20) } }
            var passed = 0
            for now in starts {
                let counts = try await bench.store.counts(at: now, policy: policy)
                for seconds in [0, 19.999, 20, 20.001, 40, 59.999] {
                    let then = now.addingTimeInterval(seconds)
                    guard let nextChange = counts.nextChange, then < nextChange else { continue }
                    var carried = counts
                    if carried.pass(to: then) { passed += 1 }
                    for state in SessionState.allCases {
                        let count = stored.count { $0.state(at: then, policy: policy) == state }
                        try requireEqual(carried[state], count, "the number of \(state) sessions after \(seconds) s")
                    }
                    guard carried.nextChange.map({ $0 > then }) == true else { continue }
                    let nextExpiry = kept.compactMap(\.accessExpiry.date).filter { $0 > then }.min()
                    try requireEqual(carried.nextExpiry, nextExpiry, "the next expiry after \(seconds) s")
                }
            }
            try require(passed > 20, "it carries counts along")
        },
        Check("no count changes before the time that the counts name") { bench in
            try await bench.insert(tokens: bench.tokens(access: 3000))
            let policy = SessionPolicy()
            let counts = try await bench.store.counts(at: bench.now, policy: policy)
            try requireEqual(counts.nextChange, bench.now + .seconds(2700), "the next change")
            let then = try await bench.store.counts(at: bench.now + .milliseconds(2_699_500), policy: policy)
            try requireEqual(then.states, counts.states, "the counts just before")
            let after = try await bench.store.counts(at: bench.now + .seconds(2700), policy: policy)
            try requireEqual(after.states, [.expiring: 1], "the counts then")
            try requireEqual(after.nextChange, bench.now + .seconds(3000), "the change after that")
        },
        Check("a short-lived token counts as expiring in the last fifth of its lifetime") { bench in
            let session = try await bench.insert(tokens: bench.tokens(access: 100))
            let policy = SessionPolicy()
            for (seconds, state) in [(0.0, SessionState.valid), (79.999, .valid), (80, .expiring), (100, .expired)] {
                let now = bench.now.addingTimeInterval(seconds)
                let counts = try await bench.store.counts(at: now, policy: policy)
                try requireEqual(counts.states, [state: 1], "the counts after \(seconds) s")
                var carried = try await bench.store.counts(at: bench.now.addingTimeInterval(50), policy: policy)
                if seconds >= 80 {
                    _ = carried.pass(to: now)
                    try requireEqual(carried.states, [state: 1], "the counts carried along for \(seconds) s")
                }
                for other in [SessionState.valid, .expiring, .expired] {
                    var query = SessionQuery(limit: 10, now: now, policy: policy)
                    query.filter.states = [other]
                    let page = try await bench.store.page(query)
                    try requireEqual(page.map(\.id), other == state ? [session.id] : [], "those \(other)")
                }
            }
        },
    ]
}

extension SessionStoreConformance {
    static let changeChecks: [Check] = [
        Check("every subscriber is notified of every kind of write") { bench in
            let streams = [bench.store.changes(), bench.store.changes()]
            var iterators = streams.map { $0.makeAsyncIterator() }
            func requireTold(_ write: String) async throws {
                for index in iterators.indices {
                    try require(await iterators[index].next() != nil, "a stream ended after \(write)")
                }
            }
            let session = try await bench.insert()
            try await requireTold("insert")
            let new = NewSession(bench.new(), tokens: Tokens(), entry: ConformanceBench.draft)
            _ = try await bench.store.insert(new: [new])
            try await requireTold("insert of many")
            let updated = try await bench.store.update(session, tokens: nil, entry: nil)
            try await requireTold("update")
            _ = try await bench.store.lease(updated, to: "me", for: .seconds(1), within: nil)
            try await requireTold("lease")
            try await bench.store.spend(
                BudgetRequest(RequestBudget(requestsPerMinute: 10), .foreground), of: "client")
            try await requireTold("spend")
            bench.clock.advance(by: .seconds(100))
            _ = try await bench.store.purge(Retention(journalAge: .seconds(1)), by: "me", batch: 10)
            try await requireTold("purge")
        },
        Check("several unread changes are one element") { bench in
            let changes = bench.store.changes()
            for _ in 0..<5 { try await bench.insert() }
            var iterator = changes.makeAsyncIterator()
            _ = await iterator.next()
            let counted = try await bench.list().count
            try requireEqual(counted, 5, "what is there at the first element")
        },
        Check("a subscriber that ends doesn't affect the others") { bench in
            let stays = bench.store.changes()
            let goes = Task { [store = bench.store] in
                for await _ in store.changes() {}
            }
            goes.cancel()
            await goes.value
            try await bench.insert()
            var iterator = stays.makeAsyncIterator()
            try require(await iterator.next() != nil, "the other stream ended")
            var late = bench.store.changes().makeAsyncIterator()
            try await bench.insert()
            try require(await late.next() != nil, "a later stream is told nothing")
        },
    ]
}
