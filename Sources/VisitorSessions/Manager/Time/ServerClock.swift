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
