import Foundation
import VisitorSessions

extension SessionStoreConformance {
    private static let issuer = "https://issuer.example"

    static let clockChecks: [Check] = [
        Check("a reading of an issuer's clock comes back, with the store's clock then and now") { bench in
            try requireEqual(try await bench.store.clockReading(of: issuer, bootID: "boot"), nil, "what nobody stored")
            let reading = bench.reading("boot", ahead: 18_000)
            try await bench.store.store(reading, of: issuer)
            let storedAt = bench.now
            bench.clock.advance(by: .seconds(90))
            let expected = StoredClockReading(reading, storedAt: storedAt, readAt: bench.now)
            try requireEqual(try await bench.store.clockReading(of: issuer, bootID: "boot"), expected, "the reading")
        },
        Check("the last reading of a machine's start counts, and another start's only where there is none") { bench in
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
        Check("every issuer has a clock of its own") { bench in
            for (name, ahead) in [(issuer, 1.0), ("", 2), ("i\u{0}", 3), ("İ", 4)] {
                try await bench.store.store(bench.reading("boot", ahead: ahead), of: name)
            }
            let found = try await bench.store.clockReading(of: issuer, bootID: "boot")?.reading
            try requireEqual(found, bench.reading("boot", ahead: 1), "the reading")
            try requireEqual(try await bench.store.clockReading(of: "i", bootID: "boot"), nil, "an issuer never asked")
        },
        Check("readings that are a month old go when another start of a machine stores its own") { bench in
            try await bench.store.store(bench.reading("old", ahead: 1), of: issuer)
            bench.clock.advance(by: .seconds(31 * 86_400))
            try await bench.store.store(bench.reading("new", ahead: 2), of: issuer)
            let found = try await bench.store.clockReading(of: issuer, bootID: "old")?.reading.uptime.bootID
            try requireEqual(found, "new", "the start whose reading is left")
        },
        Check("a reading is no session's change: it writes no journal") { bench in
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
