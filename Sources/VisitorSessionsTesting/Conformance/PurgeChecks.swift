import Foundation
import VisitorSessions

extension SessionStoreConformance {
    static let purgeChecks: [Check] = [
        Check("sessions are purged after the grace period, with their tokens and an entry each") {
            bench in
            let kept = try await bench.insert("kept")
            let gone = try await bench.insert("gone") { $0.discardedAt = bench.now }
            bench.clock.advance(by: .milliseconds(59_500))
            let later = try await bench.insert("later") { $0.discardedAt = bench.now }
            let retention = Retention(gracePeriod: .seconds(60))
            try requireEqual(
                await bench.store.purge(retention, by: "broom 1", batch: 9), PurgeResult(), "half a second early")
            bench.clock.advance(by: .milliseconds(500))
            let purged = try await bench.store.purge(retention, by: "broom 1", batch: 9)
            try requireEqual(purged, PurgeResult(purgedSessions: 1), "in time")
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
        Check("a leased session isn't purged before its lease expires") { bench in
            let session = try await bench.insert("leased") { $0.discardedAt = bench.now }
            _ = try await bench.store.lease(session, to: "me", for: .seconds(60), within: nil)
            let retention = Retention(gracePeriod: .zero)
            bench.clock.advance(by: .milliseconds(59_500))
            try requireEqual(
                await bench.store.purge(retention, by: "me", batch: 9), PurgeResult(), "while it is leased")
            bench.clock.advance(by: .milliseconds(500))
            let purged = try await bench.store.purge(retention, by: "me", batch: 9)
            try requireEqual(purged, PurgeResult(purgedSessions: 1), "afterwards")
        },
        Check(
            "maintenanceLock takes no more than a batch at once, and says that more is left; meanwhile others stay away"
        ) {
            bench in
            for number in 0..<7 { try await bench.insert("\(number)") { $0.discardedAt = bench.now } }
            let retention = Retention(gracePeriod: .zero)
            var purged = try await bench.store.purge(retention, by: "one", batch: 3)
            try requireEqual(purged, PurgeResult(purgedSessions: 3, isMoreLeft: true), "the first")
            try requireEqual(await bench.store.purge(retention, by: "two", batch: 3), nil, "another process")
            purged = try await bench.store.purge(retention, by: "one", batch: 3)
            try requireEqual(purged, PurgeResult(purgedSessions: 3, isMoreLeft: true), "the second")
            bench.clock.advance(by: .seconds(60))
            purged = try await bench.store.purge(retention, by: "two", batch: 3)
            try requireEqual(purged, PurgeResult(purgedSessions: 1), "another process, after a minute without renewal")
            try requireEqual(
                await bench.store.purge(retention, by: "one", batch: 3), PurgeResult(), "when nothing is left")
        },
        Check("the journal is trimmed by age and number, oldest first; positions continue") { bench in
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
            var purged = try await bench.store.purge(byAge, by: "me", batch: 4)
            try requireEqual(purged, PurgeResult(trimmedEntries: 4, isMoreLeft: true), "the first batch")
            purged = try await bench.store.purge(byAge, by: "me", batch: 4)
            try requireEqual(purged, PurgeResult(trimmedEntries: 2), "the second batch")
            try requireEqual(await positions(), Array(all[6...]), "what is left")
            purged = try await bench.store.purge(Retention(journalCount: 2), by: "me", batch: 4)
            try requireEqual(purged, PurgeResult(trimmedEntries: 4), "by number")
            try requireEqual(await positions(), Array(all[10...]), "what is left by number")
            purged = try await bench.store.purge(Retention(journalCount: 0), by: "me", batch: 4)
            try requireEqual(await positions(), [], "what is left of nothing")
            try requireEqual(await bench.store.journalEnd(), all[11], "the end")
            try await write(1)
            try requireEqual(await positions(), [all[11] + 1], "the next position")
        },
    ]
}

extension SessionStoreConformance {
    private static let issuer = "https://issuer.example"

    static let clockChecks: [Check] = [
        Check("a clock reading is read with the store's clock then and now") { bench in
            try requireEqual(try await bench.store.clockReading(of: issuer, bootID: "boot"), nil, "never stored")
            let reading = bench.reading("boot", ahead: 18_000)
            try await bench.store.store(reading, of: issuer)
            let storedAt = bench.now
            bench.clock.advance(by: .seconds(90))
            let expected = StoredClockReading(reading, storedAt: storedAt, readAt: bench.now)
            try requireEqual(try await bench.store.clockReading(of: issuer, bootID: "boot"), expected, "the reading")
        },
        Check("the last reading of a boot takes precedence over other boots") { bench in
            for (boot, ahead) in [("one", 1.0), ("two", 2), ("one", 3), ("three", 4)] {
                try await bench.store.store(bench.reading(boot, ahead: ahead), of: issuer)
                bench.clock.advance(by: .seconds(1))
            }
            for (boot, ahead) in [("one", 3.0), ("two", 2), ("three", 4), ("four", 4), ("", 4)] {
                let stored = try await bench.store.clockReading(of: issuer, bootID: boot)
                let found = stored.map { $0.reading.issuerTime.timeIntervalSince($0.storedAt) }
                try requireEqual(found, ahead, "what start “\(boot)” is told")
            }
        },
        Check("every issuer has its own clock") { bench in
            for (name, ahead) in [(issuer, 1.0), ("", 2), ("i\u{0}", 3), ("İ", 4)] {
                try await bench.store.store(bench.reading("boot", ahead: ahead), of: name)
            }
            let found = try await bench.store.clockReading(of: issuer, bootID: "boot")?.reading
            try requireEqual(found, bench.reading("boot", ahead: 1), "the reading")
            try requireEqual(try await bench.store.clockReading(of: "i", bootID: "boot"), nil, "an issuer never asked")
        },
        Check("readings older than a month are removed when another boot stores one") { bench in
            try await bench.store.store(bench.reading("old", ahead: 1), of: issuer)
            bench.clock.advance(by: .seconds(31 * 86_400))
            try await bench.store.store(bench.reading("new", ahead: 2), of: issuer)
            let found = try await bench.store.clockReading(of: issuer, bootID: "old")?.reading.uptime.bootID
            try requireEqual(found, "new", "the start whose reading is left")
        },
        Check("storing a reading writes no journal entry") { bench in
            try await bench.store.store(bench.reading("boot", ahead: 1), of: issuer)
            try requireEqual(try await bench.store.journalEnd(), 0, "the end of the journal")
        },
    ]
}

extension ConformanceBench {
    fileprivate func reading(_ bootID: String, ahead: Double) -> ClockReading {
        ClockReading(
            issuerTime: now + .seconds(ahead), uptime: MachineUptime(bootID: bootID, elapsed: .milliseconds(123_456)))
    }
}
