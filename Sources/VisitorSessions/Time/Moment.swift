public import struct Foundation.Date

/// One instant on the three clocks that matter.
package struct Moment: Hashable, Sendable {
    /// How long to wait for a store whose clock is behind this machine's.
    private static let retryPause = Duration.milliseconds(100)

    /// By the clock that nobody sets: what waiting goes by.
    package var elapsed: Duration

    /// By this machine's clock: what leases and budgets go by, as stores judge them.
    package var wall: Date

    /// By the issuer's clock: what expiry goes by.
    package var now: Date

    package init(elapsed: Duration, wall: Date, now: Date) {
        self.elapsed = elapsed
        self.wall = wall
        self.now = now
    }

    /// The instant of ``elapsed`` at which the wall clock will show `date`, if nobody sets it.
    func elapsed(atWall date: Date) -> Duration {
        elapsed + .seconds(date.timeIntervalSince(wall))
    }

    /// The instant of ``elapsed`` at which a store's clock will show `date`, which is still to come there. One that is
    /// over here comes from a store whose clock is behind: it is asked again after a rest, not at once.
    func elapsed(atStore date: Date) -> Duration {
        let instant = elapsed(atWall: date)
        return instant > elapsed ? instant : elapsed + Self.retryPause
    }

    /// The instant of ``elapsed`` at which the issuer's clock will show `date`.
    func elapsed(at date: Date) -> Duration {
        elapsed + .seconds(date.timeIntervalSince(now))
    }

    /// What the wall clock will show at an instant of ``elapsed``.
    func wall(at instant: Duration) -> Date {
        wall + (instant - elapsed)
    }
}

extension Duration {
    /// The duration in seconds.
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
