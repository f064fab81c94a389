import Foundation

/// What a test clock knows: its time, and who sleeps until when. Decides who wakes; wakes nobody.
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
    /// Those who were cancelled before they lay down.
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

    /// Returns the sleeper to wake. `nil` where it has not lain down yet, or is awake already.
    mutating func cancel(_ number: Int) -> Sleeper? {
        guard let index = sleepers.firstIndex(where: { $0.number == number }) else {
            cancelled.insert(number)
            return nil
        }
        return sleepers.remove(at: index)
    }

    /// Returns the sleepers to wake, in their order.
    mutating func advance(by duration: Duration) -> [Sleeper] {
        precondition(duration >= .zero, "Time does not go back; setDate(_:) moves the calendar.")
        offset += duration
        date = date.addingTimeInterval(duration / .seconds(1))
        let due = sleepers.filter { $0.deadline <= offset }
        sleepers.removeAll { $0.deadline <= offset }
        return due.sorted { ($0.deadline, $0.number) < ($1.deadline, $1.number) }
    }
}
