import struct Foundation.Date

/// One instant on the three clocks that matter.
struct Moment: Hashable, Sendable {
    /// By the clock that nobody sets: what waiting goes by.
    var elapsed: Duration

    /// By this machine's clock: what leases and budgets go by, as stores judge them.
    var wall: Date

    /// By the issuer's clock: what expiry goes by.
    var now: Date

    /// The instant of ``elapsed`` at which the wall clock will show `date`, if nobody sets it.
    func elapsed(atWall date: Date) -> Duration {
        elapsed + .seconds(date.timeIntervalSince(wall))
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
