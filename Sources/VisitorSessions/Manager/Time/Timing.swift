/// What waiting and expiry go by.
struct Timing: Sendable {
    let ticks: any Clock<Duration>
    let clock: ServerClock

    /// Waits until an instant of ``ServerClock/elapsed``, and less long where the task is cancelled.
    func wait(until instant: Duration) async {
        await Bell().wait(atMost: instant - clock.elapsed(), on: ticks)
    }
}
