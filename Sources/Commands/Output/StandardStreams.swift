import Foundation
import TerminalText

/// Results, and nothing else.
enum StandardOutput {
    static var isTerminal: Bool { isatty(STDOUT_FILENO) == 1 }

    /// Throws where the text does not arrive, as on a full disk.
    static func write(_ text: String) throws {
        try write(Data(text.utf8))
    }

    static func write(_ bytes: Data) throws {
        try bytes.withUnsafeBytes { buffer in
            var rest = buffer[...]
            while !rest.isEmpty {
                let count = Foundation.write(
                    STDOUT_FILENO, UnsafeRawBufferPointer(rebasing: rest).baseAddress, rest.count)
                if count >= 0 {
                    rest = rest.dropFirst(count)
                    continue
                }
                switch errno {
                case EINTR: break
                case EAGAIN:
                    var output = pollfd(fd: STDOUT_FILENO, events: Int16(POLLOUT), revents: 0)
                    poll(&output, 1, -1)
                case EPIPE: throw ReaderLeft()
                case let number:
                    throw Failure(.store, "The output couldn't be written: \(String(cString: strerror(number))).")
                }
            }
        }
    }

    /// For commands that have to end what they have begun when nobody reads any more: `write` throws ``ReaderLeft`` then.
    /// All others are ended by SIGPIPE.
    static func surviveBrokenPipes() {
        signal(SIGPIPE, SIG_IGN)
    }

    static func say(_ line: String) throws {
        try write(line + "\n")
    }

    /// Calls `leave` once nobody reads any more: of a pipe that is silent, no write would tell.
    static func whenReaderLeaves(_ leave: @escaping @Sendable () -> Void) {
        Thread.detachNewThread {
            var output = pollfd(fd: STDOUT_FILENO, events: 0, revents: 0)
            while poll(&output, 1, -1) < 0, errno == EINTR {}
            if output.revents != 0 { leave() }
        }
    }

    /// The width of the terminal, in cells. `nil`: there is none.
    static var width: Int? {
        var size = winsize()
        guard ioctl(STDOUT_FILENO, UInt(TIOCGWINSZ), &size) == 0, size.ws_col > 0 else { return nil }
        return Int(size.ws_col)
    }
}

/// Nobody reads the results any more.
struct ReaderLeft: Error {}

extension StandardError {
    /// Reports a failure. Tokens that exist nowhere else are saved to a file first, and the message names that file.
    static func say(_ failure: Failure, of name: String? = nil) {
        let saved = failure.rescue?.save(environment: ProcessInfo.processInfo.environment)
        say([name.map { "\($0):" }, failure.message, saved].compactMap(\.self).joined(separator: " "))
    }
}

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
        StandardError.write("\r\u{1B}[K" + text)
    }

    /// Takes it off the screen, before something else is said, or for good.
    mutating func hide() {
        guard isVisible else { return }
        (isVisible, isHidden) = (false, true)
        StandardError.write("\r\u{1B}[K")
    }

    private var text: String {
        guard let total, total > 0 else { return "\(count) \(what)" }
        let filled = min(Self.width * count / total, Self.width)
        let bar = String(repeating: "█", count: filled) + String(repeating: "░", count: Self.width - filled)
        return "\(bar) \(count) of \(total) \(what)"
    }
}
