import Foundation
import Synchronization

/// Distributes the sites to idle workers, and shows the progress on a terminal.
final class Sites: Sendable {
    private let count: Int
    private let isShown = isatty(STDERR_FILENO) == 1
    private let start = ContinuousClock.now
    private let state: Mutex<(next: Int, shown: ContinuousClock.Instant)>

    init(count: Int) {
        self.count = count
        state = Mutex((0, start))
    }

    /// `nil`: all have been handed out.
    func next() -> Int? {
        state.withLock { state in
            guard state.next < count else { return nil }
            defer { state.next += 1 }
            let now = ContinuousClock.now
            if isShown, now - state.shown > .milliseconds(250) {
                state.shown = now
                say("\r\(state.next) of \(count) sites, \(Int((now - start) / .seconds(1))) s ")
            }
            return state.next
        }
    }

    /// Wipes the line away.
    func end() {
        if isShown { say("\r\u{1B}[K") }
    }

    private func say(_ text: String) {
        FileHandle.standardError.write(Data(text.utf8))
    }
}
