import Foundation
import Testing
import VisitorSessionsTesting

@Suite(.timeLimit(.minutes(1)))
struct TestClockTests {
    private let clock = TestClock(date: Date(timeIntervalSince1970: 1000))

    @Test("Advancing moves the clock and the calendar by the same amount")
    func advances() {
        let start = clock.now
        clock.advance(by: .milliseconds(1500))
        #expect(start.duration(to: clock.now) == .milliseconds(1500))
        #expect(clock.now.duration(to: start) == .milliseconds(-1500))
        #expect(start < clock.now)
        #expect(start.advanced(by: .milliseconds(1500)) == clock.now)
        #expect(clock.date() == Date(timeIntervalSince1970: 1001.5))
    }

    @Test("Setting the calendar leaves the clock alone")
    func setsTheCalendar() {
        let start = clock.now
        clock.setDate(Date(timeIntervalSince1970: 5))
        #expect(clock.now == start)
        clock.advance(by: .seconds(1))
        #expect(clock.date() == Date(timeIntervalSince1970: 6))
    }

    @Test("A sleeper wakes at its deadline and not before")
    func wakesAtTheDeadline() async throws {
        let sleep = Task { [clock] in try await clock.sleep(for: .seconds(10)) }
        await clock.waitForSleepers()
        clock.advance(by: .milliseconds(9999))
        #expect(clock.sleepers == 1)
        clock.advance(by: .milliseconds(1))
        #expect(clock.sleepers == 0)
        try await sleep.value
    }

    @Test("Sleepers wake in the order of their deadlines")
    func wakesInOrder() async throws {
        try await withThrowingTaskGroup(of: Int.self) { group in
            for seconds in [3, 1, 2] {
                group.addTask { [clock] in
                    try await clock.sleep(for: .seconds(seconds))
                    return seconds
                }
            }
            await clock.waitForSleepers(3)
            for expected in 1...3 {
                clock.advance(by: .seconds(1))
                let woken = try await group.next()
                #expect(woken == expected)
                #expect(clock.sleepers == 3 - expected)
            }
        }
    }

    @Test("One large step wakes exactly the due sleepers")
    func wakesManyAtOnce() async throws {
        try await withThrowingTaskGroup { group in
            for seconds in [1, 2, 3, 100] {
                group.addTask { [clock] in try await clock.sleep(for: .seconds(seconds)) }
            }
            await clock.waitForSleepers(4)
            clock.advance(by: .seconds(50))
            for _ in 0..<3 { try await group.next() }
            #expect(clock.sleepers == 1)
            clock.advance(by: .seconds(50))
        }
    }

    @Test("Sleeping until now or the past returns at once")
    func returnsAtOnce() async throws {
        clock.advance(by: .seconds(10))
        try await clock.sleep(until: clock.now)
        try await clock.sleep(for: .seconds(-5))
        try await clock.sleep(for: .zero)
        #expect(clock.sleepers == 0)
    }

    @Test("Waiting for sleepers ends when the task is cancelled")
    func cancelsWaiting() async {
        let waiting = Task { [clock] in await clock.waitForSleepers(5) }
        let early = Task { [clock] in
            withUnsafeCurrentTask { $0?.cancel() }
            await clock.waitForSleepers(5)
        }
        waiting.cancel()
        await waiting.value
        await early.value
        #expect(clock.sleepers == 0)
    }

    @Test("Cancelling wakes only the cancelled sleeper")
    func cancels() async throws {
        let cancelled = Task { [clock] in try await clock.sleep(for: .seconds(10)) }
        let other = Task { [clock] in try await clock.sleep(for: .seconds(10)) }
        await clock.waitForSleepers(2)
        cancelled.cancel()
        await #expect(throws: CancellationError.self) { try await cancelled.value }
        #expect(clock.sleepers == 1)
        clock.advance(by: .seconds(10))
        try await other.value
    }

    @Test("A cancelled task doesn't sleep")
    func cancelsBeforehand() async {
        let task = Task { [clock] in
            withUnsafeCurrentTask { $0?.cancel() }
            try await clock.sleep(for: .seconds(10))
        }
        await #expect(throws: CancellationError.self) { try await task.value }
        #expect(clock.sleepers == 0)
    }

    @Test("It works as any Clock<Duration>")
    func isAnyClock() async throws {
        let any: any Clock<Duration> = clock
        let task = Task { try await any.sleep(for: .seconds(1)) }
        await clock.waitForSleepers()
        clock.advance(by: .seconds(1))
        try await task.value
    }

    @Test("Waiting for sleepers works while others are cancelled")
    func sleepersAndCancellation() async throws {
        let clock = TestClock()
        for _ in 0..<500 {
            let cancelled = Task { try await clock.sleep(for: .seconds(10)) }
            await clock.waitForSleepers()
            let stays = Task { try await clock.sleep(for: .seconds(1)) }
            cancelled.cancel()
            _ = await cancelled.result
            await clock.waitForSleepers()
            clock.advance(by: .seconds(1))
            try await stays.value
        }
    }
}
