public import Foundation
import Synchronization

/// A clock and a calendar that move only when a test moves them.
///
/// Pass the clock to code that waits (`any Clock<Duration>`), and ``date`` to code that needs the time (`@Sendable ()
/// -> Date`). Tests don't sleep: wait with ``waitForSleepers(_:)`` until the code under test sleeps, then advance.
public final class TestClock: Clock {
    /// A time on the clock, counted from its start.
    public struct Instant: InstantProtocol {
        public let offset: Duration

        public init(offset: Duration) {
            self.offset = offset
        }

        public func advanced(by duration: Duration) -> Instant {
            Instant(offset: offset + duration)
        }

        public func duration(to other: Instant) -> Duration {
            other.offset - offset
        }

        public static func < (left: Instant, right: Instant) -> Bool {
            left.offset < right.offset
        }
    }

    private let time: Mutex<TestTime>
    private let sleeping = Threshold()

    /// Starts at zero, with the calendar at `date`.
    public init(date: Date = Date(timeIntervalSince1970: 1_800_000_000)) {
        time = Mutex(TestTime(date: date))
    }

    public var now: Instant { time.withLock { Instant(offset: $0.offset) } }
    public var minimumResolution: Duration { .zero }

    public var date: @Sendable () -> Date {
        { self.time.withLock(\.date) }
    }

    /// How many tasks sleep on the clock.
    public var sleepers: Int { time.withLock(\.sleepers.count) }

    /// Sets only the calendar, like a person who sets the computer's time.
    public func setDate(_ date: Date) {
        time.withLock { $0.date = date }
    }

    /// Moves the clock and the calendar, and wakes the sleepers that are due, in the order of their deadlines. Sleepers
    /// that sleep again wait for the next call.
    public func advance(by duration: Duration) {
        for sleeper in change({ $0.advance(by: duration) }) {
            sleeper.continuation.resume()
        }
    }

    /// Advances to the next deadline and wakes its sleeper. Does nothing without sleepers.
    public func advanceToNextSleeper() {
        let pause = time.withLock { time in time.sleepers.map { $0.deadline - time.offset }.min() }
        if let pause { advance(by: max(pause, .zero)) }
    }

    /// Returns as soon as at least `count` tasks sleep.
    public func waitForSleepers(_ count: Int = 1) async {
        await sleeping.wait(untilAtLeast: count)
    }

    /// Returns at once if `deadline` has passed. Throws `CancellationError` when the task is cancelled.
    public func sleep(until deadline: Instant, tolerance: Duration? = nil) async throws {
        let number = time.withLock { $0.newNumber() }
        try await withTaskCancellationHandler {
            try await withCheckedThrowingContinuation { (continuation: CheckedContinuation<Void, any Error>) in
                let sleeper = TestTime.Sleeper(number: number, deadline: deadline.offset, continuation: continuation)
                switch change({ $0.add(sleeper) }) {
                case .sleeps: break
                case .isDue: continuation.resume()
                case .isCancelled: continuation.resume(throwing: CancellationError())
                }
            }
        } onCancel: {
            change { $0.cancel(number) }?.continuation.resume(throwing: CancellationError())
        }
    }

    /// Changes the sleepers and notifies the tasks that wait for a number of sleepers, under one lock so that the last
    /// notification is never out of date.
    private func change<Outcome>(_ body: (inout TestTime) -> sending Outcome) -> sending Outcome {
        time.withLock { time in
            let outcome = body(&time)
            sleeping.set(time.sleepers.count)
            return outcome
        }
    }
}

/// The time and the sleepers of a test clock. Decides who wakes, but wakes no one.
struct TestTime {
    struct Sleeper {
        let number: Int
        let deadline: Duration
        let continuation: CheckedContinuation<Void, any Error>
    }

    enum Admission {
        case sleeps, isDue, isCancelled
    }

    private(set) var offset = Duration.zero
    var date: Date
    private(set) var sleepers: [Sleeper] = []

    private var lastNumber = 0
    /// Sleepers that were cancelled before they started sleeping.
    private var cancelled: Set<Int> = []

    init(date: Date) {
        self.date = date
    }

    mutating func newNumber() -> Int {
        lastNumber += 1
        return lastNumber
    }

    mutating func add(_ sleeper: Sleeper) -> Admission {
        if cancelled.remove(sleeper.number) != nil { return .isCancelled }
        if sleeper.deadline <= offset { return .isDue }
        sleepers.append(sleeper)
        return .sleeps
    }

    /// Returns the sleeper to wake, or `nil` if it isn't sleeping yet or has already woken.
    mutating func cancel(_ number: Int) -> Sleeper? {
        guard let index = sleepers.firstIndex(where: { $0.number == number }) else {
            cancelled.insert(number)
            return nil
        }
        return sleepers.remove(at: index)
    }

    /// Returns the sleepers to wake, in order.
    mutating func advance(by duration: Duration) -> [Sleeper] {
        precondition(duration >= .zero, "Time can't go back; use setDate(_:) to move the calendar.")
        offset += duration
        date = date.addingTimeInterval(duration / .seconds(1))
        let due = sleepers.filter { $0.deadline <= offset }
        sleepers.removeAll { $0.deadline <= offset }
        return due.sorted { ($0.deadline, $0.number) < ($1.deadline, $1.number) }
    }
}
