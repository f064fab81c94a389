import Foundation
import InspectorTerminal

/// A count that goes up while something long is done: on a terminal alone, and never where results go.
struct Progress {
    private static let interval = Duration.milliseconds(100)

    private let what: String
    private let isShown = isatty(STDERR_FILENO) == 1 && !StandardOutput.isTerminal
    private let clock = ContinuousClock()
    private var next: ContinuousClock.Instant
    private var count = 0
    private var isVisible = false

    init(_ what: String) {
        self.what = what
        next = ContinuousClock().now + .milliseconds(300)
    }

    mutating func step() {
        count += 1
        guard isShown, clock.now >= next else { return }
        next = clock.now + Self.interval
        isVisible = true
        FileHandle.say("\r\(count) \(what)")
    }

    /// Takes the count off the screen, before something else is said.
    mutating func hide() {
        guard isVisible else { return }
        isVisible = false
        FileHandle.say("\r\u{1B}[K")
    }
}
