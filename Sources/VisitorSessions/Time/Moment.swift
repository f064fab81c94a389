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
    /// The duration in milliseconds, rounded.
    package var inMilliseconds: Int64 { Int64((inSeconds * 1000).rounded()) }

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

/// Times in database columns: whole milliseconds since 1970, UTC.
package enum Milliseconds {
    /// The supported range, some 35,000 years around 1970, in which `Date` represents milliseconds. Other times are
    /// clamped.
    package static let range: ClosedRange<Int64> = -(1 << 50)...(1 << 50)

    /// Sorts before all times: no token, or never.
    package static let lowest = Int64.min

    /// Sorts after all times: unknown expiry.
    package static let highest = Int64.max

    package static func nearest(_ date: Date) -> Int64 {
        let milliseconds = (date.timeIntervalSince1970 * 1000).rounded()
        guard milliseconds > Double(range.lowerBound) else { return range.lowerBound }
        guard milliseconds < Double(range.upperBound) else { return range.upperBound }
        return Int64(milliseconds)
    }

    /// Rounds down, so that a stored time is after `instant` if and only if its number is greater.
    package static func floor(_ instant: Date) -> Int64 {
        let nearest = nearest(instant)
        return date(nearest) > instant ? nearest - 1 : nearest
    }

    package static func date(_ milliseconds: Int64) -> Date {
        Date(timeIntervalSince1970: Double(milliseconds) / 1000)
    }
}
