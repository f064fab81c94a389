public import Foundation

/// What an issuer's clock showed while this machine had been running for some time.
///
/// The machine's wall clock is no part of it: it may have been wrong then, and may have been set since.
public struct ClockReading: Hashable, Sendable {
    /// The issuer's clock.
    public var issuerTime: Date

    /// This machine's uptime at that time.
    public var uptime: MachineUptime

    public init(issuerTime: Date, uptime: MachineUptime) {
        self.issuerTime = issuerTime
        self.uptime = uptime
    }
}

/// A reading of an issuer's clock that a store has kept.
public struct StoredClockReading: Hashable, Sendable {
    public var reading: ClockReading

    /// When it was stored, by the store's clock.
    public var storedAt: Date

    /// When it was read from the store, by the same clock.
    public var readAt: Date

    public init(_ reading: ClockReading, storedAt: Date, readAt: Date) {
        self.reading = reading
        self.storedAt = storedAt
        self.readAt = readAt
    }

    /// How long a reading is kept that another machine, or another start of this one, has stored.
    package static let age = Duration.seconds(30 * 86_400)

    /// Two clocks that differ by no more than this agree: an answer tells whole seconds.
    static let tolerance = 2.0

    /// What the issuer's clock shows at ``readAt``, as far as this machine can tell.
    ///
    /// Uptime and the store's clock each say how much time has passed since. Where they disagree, the store's clock was
    /// set, or this machine stood still without counting it (a paused virtual machine). After a restart, or on another
    /// machine, the store's clock is alone, and may have been corrected meanwhile.
    ///
    /// The latest time that can be right counts: at worst a token that works is renewed, once, and the answer settles it.
    /// The earliest would hand out tokens that have expired.
    func issuerTime(on machine: MachineUptime?) -> Date {
        let byStore = byStoreClock
        guard let byUptime = byUptime(machine) else { return max(byStore, readAt) }
        // The store's clock was wrong, and has been corrected.
        if abs(byUptime.timeIntervalSince(readAt)) <= Self.tolerance { return byUptime }
        return max(byStore, byUptime)
    }

    /// Whether this machine stored it, and no clock was set since.
    func isCertain(on machine: MachineUptime?) -> Bool {
        byUptime(machine).map { abs($0.timeIntervalSince(byStoreClock)) <= Self.tolerance } ?? false
    }

    private var byStoreClock: Date {
        reading.issuerTime.addingTimeInterval(readAt.timeIntervalSince(storedAt))
    }

    /// `nil`: the machine has been restarted since, or is another one.
    private func byUptime(_ machine: MachineUptime?) -> Date? {
        guard let machine, !machine.bootID.isEmpty, machine.bootID == reading.uptime.bootID,
            machine.elapsed >= reading.uptime.elapsed
        else { return nil }
        return reading.issuerTime + (machine.elapsed - reading.uptime.elapsed)
    }
}

/// How long a machine has been running, suspended or not. All its processes read the same, whatever its wall clock shows.
public struct MachineUptime: Hashable, Sendable {
    /// Names this start of this machine. Empty where the machine doesn't tell: then no two uptimes can be compared.
    public var bootID: String
    public var elapsed: Duration

    public init(bootID: String, elapsed: Duration) {
        self.bootID = bootID
        self.elapsed = elapsed
    }

    /// This machine's uptime. `nil` where it doesn't tell.
    public static func current() -> MachineUptime? {
        #if os(Linux)
            // proc(5): seconds since boot, suspend included.
            guard let bootID = text(at: "/proc/sys/kernel/random/boot_id"),
                let seconds = text(at: "/proc/uptime")?.split(separator: " ").first.flatMap({ Double($0) })
            else { return nil }
            return MachineUptime(bootID: bootID, elapsed: .seconds(seconds))
        #else
            var time = timespec()
            // On Darwin this clock goes on in sleep (clock_gettime(3)).
            guard let bootID = bootSession(), clock_gettime(CLOCK_MONOTONIC, &time) == 0 else { return nil }
            return MachineUptime(bootID: bootID, elapsed: .seconds(time.tv_sec) + .nanoseconds(time.tv_nsec))
        #endif
    }

    #if os(Linux)
        private static func text(at path: String) -> String? {
            FileManager.default.contents(atPath: path).map {
                String(decoding: $0, as: UTF8.self).trimmingCharacters(in: .whitespacesAndNewlines)
            }
        }
    #else
        private static func bootSession() -> String? {
            var bytes = [CChar](repeating: 0, count: 64)
            var size = bytes.count
            guard sysctlbyname("kern.bootsessionuuid", &bytes, &size, nil, 0) == 0 else { return nil }
            return String(decoding: bytes.prefix { $0 != 0 }.map { UInt8(bitPattern: $0) }, as: UTF8.self)
        }
    #endif
}
