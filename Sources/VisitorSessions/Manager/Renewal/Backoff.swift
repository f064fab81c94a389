/// How long to wait after failures: exponentially longer, and anywhere between nothing and that ("full jitter"), so
/// that those who failed together do not come back together. Never less than the floor.
package struct Backoff: Sendable {
    let policy: SessionPolicy

    /// From 0 to 1, at random.
    let jitter: @Sendable () -> Double

    package init(policy: SessionPolicy, jitter: @escaping @Sendable () -> Double) {
        self.policy = policy
        self.jitter = jitter
    }

    /// The pause after `failures` in a row, of which there is at least one.
    package func pause(after failures: Int) -> Duration {
        let doublings = min(max(failures - 1, 0), 30)
        let longest = min(policy.firstRetry.inSeconds * Double(1 << doublings), policy.longestRetry.inSeconds)
        return max(.seconds(longest * jitter()), policy.attemptFloor)
    }
}
