import Synchronization

public import struct Foundation.Date

/// The issuer's clock, by which tokens expire: this machine's, corrected by what the issuer's answers tell.
///
/// What they tell is stored (``SessionStore/store(_:of:)``), so that a process that has asked nothing yet knows it, too.
/// A machine whose clock is wrong, or is set while tokens run, still hands out tokens that work.
public final class ServerClock: Sendable {
    private let wall: @Sendable () -> Date

    /// The time since some instant, by a clock that nobody sets.
    let elapsed: @Sendable () -> Duration
    private let estimate = Mutex(ClockEstimate())
    private let uptime: @Sendable () -> MachineUptime?

    /// By how much the wall clock was set since somebody asked, in seconds.
    private let jump = Mutex(0.0)

    /// A clock that agrees with `wall` until it is told better. `monotonic` says when `wall` has been set.
    init(
        wall: @escaping @Sendable () -> Date, monotonic: any Clock<Duration>,
        uptime: @escaping @Sendable () -> MachineUptime? = { MachineUptime.current() }
    ) {
        self.wall = wall
        self.uptime = uptime
        elapsed = Self.stopwatch(monotonic)
    }

    /// The issuer's time, as well as it is known.
    public var now: Date { moment.now }

    /// All the clocks at one instant.
    package var moment: Moment {
        let wall = wall()
        let elapsed = elapsed()
        let offset = estimate.withLock { estimate in
            if let seconds = estimate.observe(wall: wall, elapsed: elapsed) { jump.withLock { $0 += seconds } }
            return estimate.offset
        }
        return Moment(elapsed: elapsed, wall: wall, now: wall.addingTimeInterval(offset))
    }

    /// Whether an answer, or a store, has told anything of it.
    public var isKnown: Bool { estimate.withLock(\.isKnown) }

    /// By how many seconds the wall clock has been set since the last call. `nil`: not at all.
    func takeJump() -> Double? {
        jump.withLock { jump in
            defer { jump = 0 }
            return jump == 0 ? nil : jump
        }
    }

    /// Learns from an answer that was asked for at `sent`.
    func learn(_ serverDate: Date?, sent: Moment) {
        guard let serverDate else { return }
        // Sees first whether the wall clock was set meanwhile: that would be taken out of what is learnt here.
        let received = moment
        // The round trip by the clock that nobody sets.
        let roundTrip = received.elapsed - sent.elapsed
        estimate.withLock { $0.learn(serverDate, sent: received.wall - roundTrip, received: received.wall) }
    }

    // MARK: Storing

    /// Begins with what `store` knows of the clock of `issuer`. A store that can't be read knows nothing.
    func recall(_ issuer: String, from store: any SessionStore) async throws(StoreError) {
        let machine = uptime()
        guard let stored = try await store.clockReading(of: issuer, bootID: machine?.bootID ?? "") else { return }
        let offset = stored.issuerTime(on: machine).timeIntervalSince(moment.wall)
        estimate.withLock { $0.recall(offset, isCertain: stored.isCertain(on: machine)) }
    }

    /// Stores what answers have told of the clock of `issuer`, where that is news.
    func storeNews(of issuer: String, in store: any SessionStore) async throws(StoreError) {
        guard estimate.withLock({ $0.takeNews() }) else { return }
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

/// What is known of the issuer's clock: how far it is ahead of this machine's wall clock. A pure value.
///
/// Learnt from the `Date` of answers (RFC 9110, section 6.6.1), which tells whole seconds, and was written some
/// time between the request and the answer. So one answer is only so good: near ones are smoothed, and one that is
/// far off counts from the second time on, for a server may err once. A wall clock that is set leaves the
/// issuer's alone, and is taken out of the estimate at once.
struct ClockEstimate: Sendable {
    /// A round trip that took longer says too little.
    private static let longestRoundTrip = 10.0

    /// How far off a machine's clock is believed to be: a day. What a server says beyond is not taken.
    private static let bound = 86_400.0
    private static let weight = 0.25

    /// By how far wall and monotonic clock may part before it counts as a jump: more than clocks are slewed by.
    private static let tolerance = 2.0

    /// Seconds by which the issuer's clock is ahead of the wall clock.
    private(set) var offset = 0.0
    private var isLearnt = false
    private var isRecalled = false
    var isKnown: Bool { isLearnt || isRecalled }

    /// What a store says that ``offset`` is. `nil`: nothing, or nothing that is certain.
    private var stored: Double?
    private var surprise: Double?
    private var last: (wall: Date, elapsed: Duration)?

    /// Takes note of an answer that said `serverDate`, and came between `sent` and `received` of the wall clock.
    mutating func learn(_ serverDate: Date, sent: Date, received: Date) {
        let roundTrip = received.timeIntervalSince(sent)
        guard (0...Self.longestRoundTrip).contains(roundTrip) else { return }
        // The whole second that it named had run for half a second, on average.
        let sample = serverDate.timeIntervalSince(sent) + 0.5 - roundTrip / 2
        guard abs(sample) <= Self.bound else { return }
        let uncertainty = 1 + roundTrip / 2
        if !isLearnt {
            isLearnt = true
            // Within what a `Date` can tell, the clocks agree.
            offset = abs(sample) <= uncertainty ? 0 : sample
        } else if abs(sample - offset) <= uncertainty {
            surprise = nil
            offset += (sample - offset) * Self.weight
        } else if let surprise, abs(sample - surprise) <= uncertainty {
            self.surprise = nil
            offset = sample
        } else {
            surprise = sample
        }
    }

    /// Begins with what a store knows. The first answer corrects it: what is stored may be out of date.
    mutating func recall(_ offset: Double, isCertain: Bool) {
        guard !isLearnt else { return }
        self.offset = offset
        isRecalled = true
        stored = isCertain ? offset : nil
    }

    /// Whether an answer has told what no store knows. ``offset`` counts as stored from then on.
    mutating func takeNews() -> Bool {
        guard isLearnt, stored.map({ abs(offset - $0) > StoredClockReading.tolerance }) ?? true else { return false }
        stored = offset
        return true
    }

    /// Storing it has failed.
    mutating func forgetStored() {
        stored = nil
    }

    /// Compares how far both clocks have come since the last look. Returns by how much the wall clock has been set,
    /// in seconds, where it has.
    mutating func observe(wall: Date, elapsed: Duration) -> Double? {
        defer { last = (wall, elapsed) }
        guard let last else { return nil }
        let jump = wall.timeIntervalSince(last.wall) - (elapsed - last.elapsed).inSeconds
        guard abs(jump) > Self.tolerance else { return nil }
        if isKnown { offset -= jump }
        surprise = nil
        // Other processes can't tell whether the clock was set or the machine paused: the next answer is stored again.
        stored = nil
        return jump
    }
}

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
            await AsyncSignal().wait(atMost: limit, on: ticks)
        }
    }
}
