public import Foundation

/// The issuer's time at a certain uptime of this machine.
///
/// It doesn't include the wall clock, which may have been wrong or may have been set since.
public struct ClockReading: Hashable, Sendable {
    public var issuerTime: Date

    /// This machine's uptime at that time.
    public var uptime: MachineUptime

    public init(issuerTime: Date, uptime: MachineUptime) {
        self.issuerTime = issuerTime
        self.uptime = uptime
    }
}

public struct StoredClockReading: Hashable, Sendable {
    public var reading: ClockReading

    /// When it was stored, by the store's clock.
    public var storedAt: Date

    /// When it was read, by the store's clock.
    public var readAt: Date

    public init(_ reading: ClockReading, storedAt: Date, readAt: Date) {
        self.reading = reading
        self.storedAt = storedAt
        self.readAt = readAt
    }

    /// How long readings by other machines or earlier boots are kept.
    package static let age = Duration.seconds(30 * 86_400)

    /// Clocks that differ by no more than this count as equal, because responses have whole seconds.
    static let tolerance = 2.0

    /// The issuer's time at ``readAt``, as far as this machine can tell.
    ///
    /// Uptime and the store's clock both measure the time passed since. If they disagree, the store's clock was set, or
    /// this machine was paused without counting it (a virtual machine). After a reboot, or on another machine, only the
    /// store's clock is available, and it may have been corrected.
    ///
    /// Returns the latest plausible time: at worst, a working token is renewed once, and the response corrects it. With
    /// the earliest, expired tokens would be handed out.
    func issuerTime(on machine: MachineUptime?) -> Date {
        let byStore = byStoreClock
        guard let byUptime = byUptime(machine) else { return max(byStore, readAt) }
        // The store's clock was wrong and has been corrected.
        if abs(byUptime.timeIntervalSince(readAt)) <= Self.tolerance { return byUptime }
        return max(byStore, byUptime)
    }

    /// Whether this boot of this machine stored it, and no clock was set since.
    func isCertain(on machine: MachineUptime?) -> Bool {
        byUptime(machine).map { abs($0.timeIntervalSince(byStoreClock)) <= Self.tolerance } ?? false
    }

    private var byStoreClock: Date {
        reading.issuerTime.addingTimeInterval(readAt.timeIntervalSince(storedAt))
    }

    /// `nil` after a reboot, or on another machine.
    private func byUptime(_ machine: MachineUptime?) -> Date? {
        guard let machine, !machine.bootID.isEmpty, machine.bootID == reading.uptime.bootID,
            machine.elapsed >= reading.uptime.elapsed
        else { return nil }
        return reading.issuerTime + (machine.elapsed - reading.uptime.elapsed)
    }
}

/// How long a machine has been running, including suspends. All its processes read the same value, whatever its wall
/// clock shows.
public struct MachineUptime: Hashable, Sendable {
    /// Identifies this boot of this machine. Empty if unknown; uptimes can't be compared then.
    public var bootID: String
    public var elapsed: Duration

    public init(bootID: String, elapsed: Duration) {
        self.bootID = bootID
        self.elapsed = elapsed
    }

    /// This machine's uptime, or `nil` if unknown.
    public static func current() -> MachineUptime? {
        #if os(Linux)
            // proc(5): seconds since boot, including suspends.
            guard let bootID = text(at: "/proc/sys/kernel/random/boot_id"),
                let seconds = text(at: "/proc/uptime")?.split(separator: " ").first.flatMap({ Double($0) })
            else { return nil }
            return MachineUptime(bootID: bootID, elapsed: .seconds(seconds))
        #else
            var time = timespec()
            // On Darwin this clock continues during sleep (clock_gettime(3)).
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
