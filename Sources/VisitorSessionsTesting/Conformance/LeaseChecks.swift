import Foundation
import VisitorSessions

extension SessionStoreConformance {
    static let leaseChecks: [Check] = [
        Check("a lease is until a time of the store's clock, and marks the refresh token as sent") { bench in
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
        Check("another holder is refused while the lease lasts, and told who has it") { bench in
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
        Check("at its deadline a lease is over, and another holder takes it") { bench in
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
        Check("a lease that a clock far ahead gave out keeps nobody once the clock has been set right") { bench in
            var session = try await bench.insert()
            session.lease = SessionLease(holder: "dead", deadline: bench.now + .seconds(86_400))
            session = try await bench.store.update(session, tokens: nil, entry: nil)
            let taken = try await bench.store.lease(session, to: "you", for: .seconds(3600), within: nil)
            let lease = SessionLease(holder: "you", deadline: bench.now + SessionLease.longest)
            try requireEqual(taken.lease, lease, "the lease, which lasts no longer than leases do")
        },
        Check("the holder itself may take its lease again") { bench in
            let session = try await bench.insert()
            let first = try await bench.store.lease(session, to: "me", for: .seconds(60), within: nil)
            bench.clock.advance(by: .seconds(10))
            let second = try await bench.store.lease(first, to: "me", for: .seconds(60), within: nil)
            try requireEqual(second.lease?.deadline, bench.now + .seconds(60), "the deadline")
        },
        Check("leasing an old version is a conflict, and writes nothing") { bench in
            let old = try await bench.insert()
            var changed = old
            changed.label = "changed"
            _ = try await bench.store.update(changed, tokens: nil, entry: nil)
            try await bench.requireFailure(.conflict, unchanged: old.id, "leasing an old version") {
                _ = try await bench.store.lease(old, to: "me", for: .seconds(60), within: nil)
            }
        },
        Check("of concurrent holders exactly one gets the lease") { bench in
            let session = try await bench.insert()
            let outcomes = try await bench.compete(12) { holder in
                try await bench.store.lease(session, to: "holder \(holder)", for: .seconds(60), within: nil)
            }
            try requireEqual(outcomes.winners.count, 1, "the number of holders")
            try requireEqual(outcomes.failures, Array(repeating: .leased, count: 11), "those refused")
        },
    ]
}
