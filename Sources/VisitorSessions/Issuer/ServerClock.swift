import Synchronization

public import struct Foundation.Date

/// The issuer's clock, by which tokens expire: this machine's clock plus an offset learned from the issuer's responses.
///
/// The offset is stored (``SessionStore/store(_:of:)``) so that a process knows it before its first request. A machine
/// whose clock is wrong or was changed still hands out only tokens that work.
public final class ServerClock: Sendable {
    private let wall: @Sendable () -> Date

    /// The monotonic time.
    let elapsed: @Sendable () -> Duration
    private let estimate = Mutex(ClockEstimate())
    private let uptime: @Sendable () -> MachineUptime?

    /// How far the wall clock was set forward or (negative) back since the last ``takeJump()``, in seconds.
    private let jump = Mutex(0.0)

    /// A clock that agrees with `wall` until it learns an offset. `monotonic` reveals changes to `wall`.
    init(
        wall: @escaping @Sendable () -> Date, monotonic: any Clock<Duration>,
        uptime: @escaping @Sendable () -> MachineUptime? = { MachineUptime.current() }
    ) {
        self.wall = wall
        self.uptime = uptime
        elapsed = Self.stopwatch(monotonic)
    }

    /// The estimated issuer time.
    public var now: Date { moment.now }

    /// All clocks at one instant.
    package var moment: Moment {
        let wall = wall()
        let elapsed = elapsed()
        let offset = estimate.withLock { estimate in
            if let seconds = estimate.observe(wall: wall, elapsed: elapsed) { jump.withLock { $0 += seconds } }
            return estimate.offset
        }
        return Moment(elapsed: elapsed, wall: wall, now: wall.addingTimeInterval(offset))
    }

    /// Whether a response or a store has provided an offset.
    public var isKnown: Bool { estimate.withLock(\.isKnown) }

    /// How far the wall clock was set forward or back since the last call, in seconds. `nil` if it wasn't set.
    func takeJump() -> Double? {
        jump.withLock { jump in
            defer { jump = 0 }
            return jump == 0 ? nil : jump
        }
    }

    /// Learns from the response to a request sent at `sent`.
    func learn(_ serverDate: Date?, sent: Moment) {
        guard let serverDate else { return }
        // Reads the clocks first: a wall clock that was set in the meantime must not distort the sample.
        let received = moment
        // Measured by the monotonic clock.
        let roundTrip = received.elapsed - sent.elapsed
        estimate.withLock { $0.learn(serverDate, sent: received.wall - roundTrip, received: received.wall) }
    }

    // MARK: Storing

    /// Loads the stored clock reading of `issuer`. Throws if the store can't be read.
    func recall(_ issuer: String, from store: any SessionStore) async throws(StoreError) {
        let machine = uptime()
        guard let stored = try await store.clockReading(of: issuer, bootID: machine?.bootID ?? "") else { return }
        let offset = stored.issuerTime(on: machine).timeIntervalSince(moment.wall)
        estimate.withLock { $0.recall(offset, isCertain: stored.isCertain(on: machine)) }
    }

    /// Stores the offset for `issuer` if it has changed.
    func storeOffsetIfChanged(for issuer: String, in store: any SessionStore) async throws(StoreError) {
        guard estimate.withLock({ $0.takeUnstored() }) else { return }
        let reading = ClockReading(
            issuerTime: now, uptime: uptime() ?? MachineUptime(bootID: "", elapsed: .zero))
        do throws(StoreError) {
            try await store.store(reading, of: issuer)
        } catch {
            estimate.withLock { $0.forgetStored() }
            throw error
        }
    }

    private static func stopwatch<Ticks: Clock<Duration>>(_ clock: Ticks) -> @Sendable () -> Duration {
        let start = clock.now
        return { start.duration(to: clock.now) }
    }
}

/// An estimate of the issuer's clock: its offset from this machine's wall clock, in seconds. A pure value.
///
/// Samples come from the `Date` header (RFC 9110, section 6.6.1), which has whole seconds and was written sometime
/// between request and response. Close samples are smoothed. An outlier counts only when a second sample confirms it.
/// When the wall clock is set, the offset is adjusted at once.
struct ClockEstimate: Sendable {
    /// Samples with a longer round trip are ignored.
    private static let longestRoundTrip = 10.0

    /// Offsets beyond a day are ignored.
    private static let bound = 86_400.0
    private static let weight = 0.25

    /// How far the wall and monotonic clocks may drift apart, through slewing, before it counts as a jump.
    private static let tolerance = 2.0

    /// Seconds by which the issuer's clock is ahead of the wall clock.
    private(set) var offset = 0.0
    private var isLearned = false
    private var isRecalled = false
    var isKnown: Bool { isLearned || isRecalled }

    /// The stored ``offset``, or `nil` if none is stored or it isn't certain.
    private var stored: Double?
    private var outlier: Double?
    private var last: (wall: Date, elapsed: Duration)?

    /// Learns from a response with `serverDate` that arrived between `sent` and `received` on the wall clock.
    mutating func learn(_ serverDate: Date, sent: Date, received: Date) {
        let roundTrip = received.timeIntervalSince(sent)
        guard (0...Self.longestRoundTrip).contains(roundTrip) else { return }
        // `serverDate` has whole seconds: on average, half a second more had passed.
        let sample = serverDate.timeIntervalSince(sent) + 0.5 - roundTrip / 2
        guard abs(sample) <= Self.bound else { return }
        let uncertainty = 1 + roundTrip / 2
        if !isLearned {
            isLearned = true
            // Within the precision of a `Date` header, the clocks agree.
            offset = abs(sample) <= uncertainty ? 0 : sample
        } else if abs(sample - offset) <= uncertainty {
            outlier = nil
            offset += (sample - offset) * Self.weight
        } else if let outlier, abs(sample - outlier) <= uncertainty {
            self.outlier = nil
            offset = sample
        } else {
            outlier = sample
        }
    }

    /// Starts with a stored offset. The first response corrects it if it is out of date.
    mutating func recall(_ offset: Double, isCertain: Bool) {
        guard !isLearned else { return }
        self.offset = offset
        isRecalled = true
        stored = isCertain ? offset : nil
    }

    /// Returns whether there is an offset to store, and marks it as stored.
    mutating func takeUnstored() -> Bool {
        guard isLearned, stored.map({ abs(offset - $0) > StoredClockReading.tolerance }) ?? true else { return false }
        stored = offset
        return true
    }

    /// Undoes ``takeUnstored()`` after storing the offset failed.
    mutating func forgetStored() {
        stored = nil
    }

    /// Compares both clocks with the last observation. Returns how far the wall clock was set forward or back, in
    /// seconds, or `nil` if it wasn't set.
    mutating func observe(wall: Date, elapsed: Duration) -> Double? {
        defer { last = (wall, elapsed) }
        guard let last else { return nil }
        let jump = wall.timeIntervalSince(last.wall) - (elapsed - last.elapsed).inSeconds
        guard abs(jump) > Self.tolerance else { return nil }
        if isKnown { offset -= jump }
        outlier = nil
        // Other processes can't tell a clock change from a suspended machine, so the next response is stored again.
        stored = nil
        return jump
    }
}

/// The clocks for waiting and expiry.
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
            await AsyncSignal().wait(atMost: limit, on: ticks)
        }
    }
}
