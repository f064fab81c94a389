import Foundation

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
