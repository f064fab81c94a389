import Foundation
import VisitorSessions

extension SessionStoreConformance {
    static let tidyChecks: [Check] = [
        Check("sessions are purged once they can no longer be taken back, with their tokens and an entry each") {
            bench in
            let kept = try await bench.insert("kept")
            let gone = try await bench.insert("gone") { $0.discardedAt = bench.now }
            bench.clock.advance(by: .milliseconds(59_500))
            let later = try await bench.insert("later") { $0.discardedAt = bench.now }
            let retention = Retention(gracePeriod: .seconds(60))
            try requireEqual(
                await bench.store.tidy(retention, by: "broom 1", batch: 9), Tidied(), "half a second early")
            bench.clock.advance(by: .milliseconds(500))
            let tidied = try await bench.store.tidy(retention, by: "broom 1", batch: 9)
            try requireEqual(tidied, Tidied(purgedSessions: 1), "in time")
            try requireEqual(await bench.snapshot(gone.id).session, nil, "the purged session")
            let entry = try await bench.store.history(of: gone.id, limit: 1).first
            try requireEqual(entry?.draft, JournalEntry.Draft(.purged, actor: "broom 1"), "its entry")
            try requireEqual(entry?.fingerprint, nil, "its fingerprint")
            let held = try await bench.store.sessions(holding: Secret("refresh-gone"), since: .distantPast, limit: 9)
            try requireEqual(held, [], "those that hold its token")
            for session in [kept, later] {
                try requireEqual(await bench.store.opened(session.id)?.session, session, "another session")
            }
        },
        Check("what is being renewed is not purged before its lease is over") { bench in
            let session = try await bench.insert("leased") { $0.discardedAt = bench.now }
            _ = try await bench.store.lease(session, to: "me", for: .seconds(60), within: nil)
            let retention = Retention(gracePeriod: .zero)
            bench.clock.advance(by: .milliseconds(59_500))
            try requireEqual(await bench.store.tidy(retention, by: "me", batch: 9), Tidied(), "while it is leased")
            bench.clock.advance(by: .milliseconds(500))
            let tidied = try await bench.store.tidy(retention, by: "me", batch: 9)
            try requireEqual(tidied, Tidied(purgedSessions: 1), "afterwards")
        },
        Check("tidying takes no more than a batch at once, and says that more is left; meanwhile others stay away") {
            bench in
            for number in 0..<7 { try await bench.insert("\(number)") { $0.discardedAt = bench.now } }
            let retention = Retention(gracePeriod: .zero)
            var tidied = try await bench.store.tidy(retention, by: "one", batch: 3)
            try requireEqual(tidied, Tidied(purgedSessions: 3, isMoreLeft: true), "the first")
            try requireEqual(await bench.store.tidy(retention, by: "two", batch: 3), nil, "somebody else")
            tidied = try await bench.store.tidy(retention, by: "one", batch: 3)
            try requireEqual(tidied, Tidied(purgedSessions: 3, isMoreLeft: true), "the second")
            bench.clock.advance(by: .seconds(60))
            tidied = try await bench.store.tidy(retention, by: "two", batch: 3)
            try requireEqual(tidied, Tidied(purgedSessions: 1), "somebody else, after a minute's silence")
            try requireEqual(await bench.store.tidy(retention, by: "one", batch: 3), Tidied(), "when nothing is left")
        },
        Check("the journal is trimmed by age and by number, oldest first, and its positions go on") { bench in
            var session = try await bench.insert("aging")
            func write(_ count: Int) async throws {
                for _ in 0..<count {
                    session = try await bench.store.update(session, tokens: nil, entry: ConformanceBench.draft)
                }
            }
            func positions() async throws -> [Int] {
                try await bench.store.journal(after: 0, limit: 100).map(\.position)
            }
            try await write(5)
            bench.clock.advance(by: .seconds(50))
            try await write(6)
            let all = try await positions()
            try requireEqual(all.count, 12, "the number of entries")
            bench.clock.advance(by: .seconds(50))
            let byAge = Retention(journalAge: .seconds(100))
            var tidied = try await bench.store.tidy(byAge, by: "me", batch: 4)
            try requireEqual(tidied, Tidied(trimmedEntries: 4, isMoreLeft: true), "the first batch")
            tidied = try await bench.store.tidy(byAge, by: "me", batch: 4)
            try requireEqual(tidied, Tidied(trimmedEntries: 2), "the second batch")
            try requireEqual(await positions(), Array(all[6...]), "what is left")
            tidied = try await bench.store.tidy(Retention(journalCount: 2), by: "me", batch: 4)
            try requireEqual(tidied, Tidied(trimmedEntries: 4), "by number")
            try requireEqual(await positions(), Array(all[10...]), "what is left by number")
            tidied = try await bench.store.tidy(Retention(journalCount: 0), by: "me", batch: 4)
            try requireEqual(await positions(), [], "what is left of nothing")
            try requireEqual(await bench.store.journalEnd(), all[11], "the end")
            try await write(1)
            try requireEqual(await positions(), [all[11] + 1], "the next position")
        },
    ]
}
