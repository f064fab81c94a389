import Foundation
import VisitorSessions

extension SessionStoreConformance {
    static let censusChecks: [Check] = [
        Check("the census is what counting the sessions gives") { bench in
            let stored = try await storeMany(bench, count: 250)
            for (now, policy) in times(bench) {
                let census = try await bench.store.census(at: now, policy: policy)
                for state in SessionState.allCases {
                    let count = stored.count { $0.state(at: now, policy: policy) == state }
                    try requireEqual(census[state], count, "the number of \(state) sessions")
                }
                let kept = stored.filter { $0.discardedAt == nil }
                try requireEqual(census.total, kept.count, "the total")
                let nextExpiry = kept.compactMap(\.accessExpiry.date).filter { $0 > now }.min()
                try requireEqual(census.nextExpiry, nextExpiry, "the next expiry")
                let steps = kept.compactMap(\.accessExpiry.date).map { ExpiryHistogram.step(of: $0) }
                    .filter { ExpiryHistogram.range(at: now).contains($0) }
                let expiries = Dictionary(steps.map { ($0, 1) }, uniquingKeysWith: +)
                try requireEqual(census.expiries.counts, expiries, "when tokens end")
                let nextChange = kept.compactMap { $0.nextStateChange(after: now, policy: policy) }.min()
                try requireEqual(census.nextChange, nextChange, "the next change")
            }
        },
        Check("until the census says, no count changes; then it may") { bench in
            try await bench.insert(tokens: bench.tokens(access: 1000))
            let policy = SessionPolicy()
            let census = try await bench.store.census(at: bench.now, policy: policy)
            try requireEqual(census.nextChange, bench.now + .seconds(700), "the next change")
            let then = try await bench.store.census(at: bench.now + .milliseconds(699_500), policy: policy)
            try requireEqual(then.counts, census.counts, "the counts just before")
            let after = try await bench.store.census(at: bench.now + .seconds(700), policy: policy)
            try requireEqual(after.counts, [.expiring: 1], "the counts then")
            try requireEqual(after.nextChange, bench.now + .seconds(1000), "the change after that")
        },
    ]
}
