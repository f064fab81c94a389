import Foundation
import TerminalText

/// Standard output, for results only. Messages go to standard error.
enum StandardOutput {
    static var isTerminal: Bool { isatty(STDOUT_FILENO) == 1 }

    /// Throws if the text can't be written, for example because the disk is full.
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
                case EPIPE: throw BrokenPipe()
                case let number:
                    throw Failure(.store, "The output couldn't be written: \(String(cString: strerror(number))).")
                }
            }
        }
    }

    /// For commands that must finish what they have started: `write` throws ``BrokenPipe`` when the reader closes the
    /// pipe. Other commands are ended by SIGPIPE.
    static func surviveBrokenPipes() {
        signal(SIGPIPE, SIG_IGN)
    }

    static func say(_ line: String) throws {
        try write(line + "\n")
    }

    /// Calls `leave` when the reader closes the pipe, even while nothing is written.
    static func whenReaderCloses(_ leave: @escaping @Sendable () -> Void) {
        Thread.detachNewThread {
            var output = pollfd(fd: STDOUT_FILENO, events: 0, revents: 0)
            while poll(&output, 1, -1) < 0, errno == EINTR {}
            if output.revents != 0 { leave() }
        }
    }

    /// The terminal's width in cells. `nil` if there is no terminal.
    static var width: Int? {
        var size = winsize()
        guard ioctl(STDOUT_FILENO, UInt(TIOCGWINSZ), &size) == 0, size.ws_col > 0 else { return nil }
        return Int(size.ws_col)
    }
}

/// The reader of the results has closed the pipe.
struct BrokenPipe: Error {}

extension StandardError {
    /// Reports a failure. Tokens that exist nowhere else are first saved to a file, which the message names.
    static func say(_ failure: Failure, of name: String? = nil) {
        let saved = failure.rescue?.save(environment: ProcessInfo.processInfo.environment)
        say([name.map { "\($0):" }, failure.message, saved].compactMap(\.self).joined(separator: " "))
    }
}

/// A progress bar on standard error. Shown only on a terminal.
struct Progress {
    private static let interval = Duration.milliseconds(100)
    private static let width = 20

    private let what: String
    private let total: Int?
    private let isShown = isatty(STDERR_FILENO) == 1
    private let clock = ContinuousClock()
    private let start = ContinuousClock.now
    private let showsRate: Bool
    private var next: ContinuousClock.Instant
    private var count = 0
    private var isVisible = false
    private var isHidden = false

    /// - Parameter total: The expected number, if known.
    init(_ what: String, of total: Int? = nil, showsRate: Bool = false) {
        self.what = what
        self.showsRate = showsRate
        self.total = total
        next = ContinuousClock().now + .milliseconds(300)
    }

    mutating func step(by steps: Int = 1) {
        advance(to: count + steps)
    }

    mutating func advance(to count: Int) {
        self.count = count
        // The bar is shown again immediately after another line interrupted it.
        guard isHidden || clock.now >= next else { return }
        show("")
    }

    /// Shows the bar, followed by the current stage.
    mutating func show(_ stage: String) {
        guard isShown else { return }
        next = clock.now + Self.interval
        (isVisible, isHidden) = (true, false)
        StandardError.write("\r\u{1B}[K" + [text, stage].filter { !$0.isEmpty }.joined(separator: " · "))
    }

    /// Removes the bar, at the end or before another line is printed.
    mutating func hide() {
        guard isVisible else { return }
        (isVisible, isHidden) = (false, true)
        StandardError.write("\r\u{1B}[K")
    }

    private var text: String {
        guard let total, total > 0 else { return "\(count) \(what)\(rate)" }
        let filled = min(Self.width * count / total, Self.width)
        let bar = String(repeating: "█", count: filled) + String(repeating: "░", count: Self.width - filled)
        return "\(bar) \(count) of \(total) \(what)\(rate)"
    }

    private var rate: String {
        guard showsRate else { return "" }
        return " · \(Int(Double(count) / max((clock.now - start) / .seconds(1), 0.001))) a second"
    }
}
