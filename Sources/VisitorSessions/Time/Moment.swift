public import struct Foundation.Date

/// One instant on all three clocks.
package struct Moment: Hashable, Sendable {
    /// How long to wait for a store whose clock is behind this machine's.
    private static let retryPause = Duration.milliseconds(100)

    /// On the monotonic clock, for waiting.
    package var elapsed: Duration

    /// On this machine's clock, for leases and budgets, as stores judge them.
    package var wall: Date

    /// On the issuer's clock, for expiry.
    package var now: Date

    package init(elapsed: Duration, wall: Date, now: Date) {
        self.elapsed = elapsed
        self.wall = wall
        self.now = now
    }

    /// The instant of ``elapsed`` at which the wall clock will show `date`, unless it is set.
    func elapsed(atWall date: Date) -> Duration {
        elapsed + .seconds(date.timeIntervalSince(wall))
    }

    /// The instant of ``elapsed`` at which the store's clock will show `date`, which is in the store's future. If it is
    /// in the past here, the store's clock is behind: wait a moment before retrying.
    func elapsed(atStore date: Date) -> Duration {
        let instant = elapsed(atWall: date)
        return instant > elapsed ? instant : elapsed + Self.retryPause
    }

    /// The instant of ``elapsed`` at which the issuer's clock will show `date`.
    func elapsed(at date: Date) -> Duration {
        elapsed + .seconds(date.timeIntervalSince(now))
    }

    /// The wall clock's time at an instant of ``elapsed``.
    func wall(at instant: Duration) -> Date {
        wall + (instant - elapsed)
    }
}

extension Duration {
    public var inSeconds: Double {
        let (seconds, attoseconds) = components
        return Double(seconds) + Double(attoseconds) / 1e18
    }
}

extension Date {
    public static func + (date: Date, duration: Duration) -> Date {
        date.addingTimeInterval(duration.inSeconds)
    }

    public static func - (date: Date, duration: Duration) -> Date {
        date.addingTimeInterval(-duration.inSeconds)
    }
}
