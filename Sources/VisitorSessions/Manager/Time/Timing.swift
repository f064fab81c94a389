/// What waiting and expiry go by.
struct Timing: Sendable {
    let ticks: any Clock<Duration>
    let clock: ServerClock

    /// Waits until an instant of ``ServerClock/elapsed``, or until a change if `changes` is given. Returns early if the
    /// task is cancelled.
    func wait(until instant: Duration, orFor changes: StoreChanges? = nil) async {
        let limit = instant - clock.elapsed()
        if let changes {
            await changes.wait(atMost: limit, on: ticks)
        } else {
            await Bell().wait(atMost: limit, on: ticks)
        }
    }
}
