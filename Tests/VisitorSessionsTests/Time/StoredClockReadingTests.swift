import Foundation
import Testing

@testable import VisitorSessions

@Suite("A stored reading of the issuer's clock")
struct StoredClockReadingTests {
    private static let start = Date(timeIntervalSince1970: 1_800_000_000)

    /// A reading stored an hour ago on a machine whose clock was off by `error` seconds and is now off by `errorNow`.
    private func stored(error: Double, now errorNow: Double) -> StoredClockReading {
        let reading = ClockReading(
            issuerTime: Self.start, uptime: MachineUptime(bootID: "boot", elapsed: .seconds(500)))
        return StoredClockReading(
            reading, storedAt: Self.start.addingTimeInterval(error),
            readAt: Self.start.addingTimeInterval(3600 + errorNow))
    }

    private let sameStart = MachineUptime(bootID: "boot", elapsed: .seconds(500 + 3600))
    private let otherStart = MachineUptime(bootID: "other", elapsed: .seconds(20))

    /// Seconds by which the computed time is late. Negative: early.
    private func lateness(_ stored: StoredClockReading, on machine: MachineUptime?) -> Double {
        stored.issuerTime(on: machine).timeIntervalSince(Self.start.addingTimeInterval(3600))
    }

    private static let errors = [-18_000.0, -120, 0, 120, 18_000]

    @Test("An unchanged wrong clock gives the right time", arguments: errors)
    func unchanged(error: Double) {
        #expect(lateness(stored(error: error, now: error), on: sameStart) == 0)
        #expect(stored(error: error, now: error).isCertain(on: sameStart))
    }

    @Test("A corrected clock gives the right time in both directions", arguments: errors)
    func corrected(error: Double) {
        #expect(lateness(stored(error: error, now: 0), on: sameStart) == 0)
    }

    @Test("A clock that was set back gives the right time", arguments: [-120.0, -18_000, -90_000])
    func setBack(errorNow: Double) {
        #expect(lateness(stored(error: 0, now: errorNow), on: sameStart) == 0)
    }

    @Test("In doubt it is late, never early, whatever is known about the boot")
    func neverEarly() {
        for error in Self.errors {
            for errorNow in [error, 0] {
                for machine in [sameStart, otherStart, nil] {
                    #expect(lateness(stored(error: error, now: errorNow), on: machine) >= 0, "\(error), \(errorNow)")
                }
            }
        }
        // A virtual machine that was paused for three hours, which its uptime doesn't include.
        let paused = MachineUptime(bootID: "boot", elapsed: .seconds(500))
        var resumed = stored(error: 0, now: 0)
        resumed.readAt += 3 * 3600
        #expect(resumed.issuerTime(on: paused) == resumed.readAt)
    }

    @Test("Only the boot that stored it, with no clock set since, is certain")
    func certain() {
        #expect(!stored(error: 0, now: 0).isCertain(on: otherStart))
        #expect(!stored(error: 0, now: 0).isCertain(on: nil))
        #expect(!stored(error: 0, now: 18_000).isCertain(on: sameStart))
        #expect(!stored(error: 18_000, now: 0).isCertain(on: sameStart))
        // A lower uptime belongs to another boot, whatever its ID.
        #expect(!stored(error: 0, now: 0).isCertain(on: MachineUptime(bootID: "boot", elapsed: .seconds(3))))
        var nameless = stored(error: 0, now: 0)
        nameless.reading.uptime.bootID = ""
        #expect(!nameless.isCertain(on: MachineUptime(bootID: "", elapsed: .seconds(4100))))
    }

    @Test("This machine reports its uptime and a constant boot ID")
    func thisMachine() throws {
        let (first, second) = (try #require(MachineUptime.current()), try #require(MachineUptime.current()))
        #expect(first.bootID == second.bootID && !first.bootID.isEmpty)
        #expect(first.elapsed > .zero && second.elapsed >= first.elapsed)
    }
}
