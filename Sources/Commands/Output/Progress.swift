import Foundation
import InspectorTerminal

/// How far something long has come: on a terminal alone, and never where results go.
struct Progress {
    private static let interval = Duration.milliseconds(100)
    private static let width = 20

    private let what: String
    private let total: Int?
    private let isShown = isatty(STDERR_FILENO) == 1
    private let clock = ContinuousClock()
    private var next: ContinuousClock.Instant
    private var count = 0
    private var isVisible = false
    private var isHidden = false

    /// - Parameter total: How many there will be, where that is known.
    init(_ what: String, of total: Int? = nil) {
        self.what = what
        self.total = total
        next = ContinuousClock().now + .milliseconds(300)
    }

    mutating func step(by steps: Int = 1) {
        reach(count + steps)
    }

    mutating func reach(_ count: Int) {
        self.count = count
        // It comes back at once behind a line for which it went.
        guard isShown, isHidden || clock.now >= next else { return }
        next = clock.now + Self.interval
        (isVisible, isHidden) = (true, false)
        FileHandle.say("\r\u{1B}[K" + text)
    }

    /// Takes it off the screen, before something else is said, or for good.
    mutating func hide() {
        guard isVisible else { return }
        (isVisible, isHidden) = (false, true)
        FileHandle.say("\r\u{1B}[K")
    }

    private var text: String {
        guard let total, total > 0 else { return "\(count) \(what)" }
        let filled = min(Self.width * count / total, Self.width)
        let bar = String(repeating: "█", count: filled) + String(repeating: "░", count: Self.width - filled)
        return "\(bar) \(count) of \(total) \(what)"
    }
}
