import CNcurses
import Foundation
import InspectorCore
import VisitorSessions

/// The terminal while the inspector uses it. Main thread only, like ncurses.
final class Screen {
    /// After a crash: switches off everything that ``init(_:environment:)`` switched on, shows the cursor, and leaves the
    /// alternate screen.
    private static let reset =
        "\(keyboardOff)\u{1B}[?2004l\u{1B}[?1000l\u{1B}[?1006l\u{1B}[?2026l\u{1B}[23;2t\u{1B}[?1l\u{1B}>\u{1B}[0m\u{1B}[?25h\u{1B}[?1049l\r\n"
    private static let pasteOn = "\u{1B}[?2004h"
    private static let mouseOn = "\u{1B}[?1000h\u{1B}[?1006h"
    private static let mouseOff = "\u{1B}[?1000l\u{1B}[?1006l"
    private static let pasteOff = "\u{1B}[?2004l"

    /// Switches off kitty's keyboard protocol and xterm's modifyOtherKeys, which a crashed program may have left on.
    private static let keyboardOff = "\u{1B}[<u\u{1B}[>4;0m"

    /// Switches off focus reports, and mouse reports in formats that the inspector doesn't use.
    private static let reportsOff = [9, 1001, 1002, 1003, 1004, 1005, 1015, 1016].map { "\u{1B}[?\($0)l" }.joined()

    private let handle: OpaquePointer
    private let environment: [String: String]
    private let stderr: StderrCapture
    private var theme: Theme

    /// When the terminal was asked for its background color. `nil`: it wasn't asked, or it has answered.
    private var askedAt: ContinuousClock.Instant?
    private let isASCII: Bool

    /// Whether the terminal understands xterm's sequences. Other terminals would print them.
    private let isLikeXterm: Bool
    private var shown: Frame?
    private var shownTitle = ""
    private var hasMouse = false

    /// Takes over the terminal.
    init(_ options: ScreenOptions, environment: [String: String]) throws(TerminalError) {
        cn_guard_crashes(Self.reset, Self.reset.utf8.count)
        guard let handle = cn_open() else { throw .unusable(environment["TERM"] ?? "") }
        self.handle = handle
        self.environment = environment
        stderr = StderrCapture()
        theme = Theme(
            colors: environment["NO_COLOR", default: ""].isEmpty ? Int(cn_colors()) : 0,
            isLight: options.isLight(environment) ?? false, overrides: options.colors)
        theme.definePairs()
        isASCII = options.isASCII
        let name = environment["TERM"] ?? ""
        isLikeXterm = ["xterm", "screen", "tmux", "rxvt", "alacritty", "foot", "kitty", "wezterm", "st"].contains {
            name.hasPrefix($0)
        }
        if isLikeXterm { write("\u{1B}[22;2t" + Self.keyboardOff + Self.reportsOff) }
        write(Self.pasteOn)
        // The first frame doesn't wait for the answer.
        if options.isLight(environment) == nil { askForBackground() }
    }

    /// Uses the colors for the background that the terminal reported, if it was asked.
    func adopt(isLight: Bool) {
        guard askedAt != nil else { return }
        show(isLight: isLight)
    }

    /// Uses the colors for this background. `nil`: for the terminal's own background, which may have to be queried first.
    func useTheme(isLight: Bool?) {
        guard let isLight = isLight ?? ScreenOptions().isLight(environment) else { return askForBackground() }
        show(isLight: isLight)
    }

    private func askForBackground() {
        guard isLikeXterm, theme.colors > 0 else { return }
        askedAt = .now
        write(TerminalBackground.query)
    }

    private func show(isLight: Bool) {
        askedAt = nil
        guard isLight != theme.isLight else { return }
        theme.isLight = isLight
        theme.definePairs()
        invalidate()
    }

    /// Waits for a pending answer and drops it.
    private func awaitBackground() {
        guard let askedAt, askedAt.duration(to: .now) < .seconds(1) else { return }
        var source = pollfd(fd: STDIN_FILENO, events: Int16(POLLIN), revents: 0)
        if poll(&source, 1, Int32(TerminalBackground.timeout / .milliseconds(1))) == 1 { _ = read() }
    }

    /// The original standard error, from before it was captured.
    var originalStderr: Int32 { stderr.original >= 0 ? stderr.original : STDERR_FILENO }

    /// Restores the terminal, and then standard error.
    func close() {
        awaitBackground()
        takeMouse(false)
        write(Self.pasteOff)
        if isLikeXterm { write(Self.keyboardOff + "\u{1B}[23;2t") }
        cn_close(handle)
        stderr.release()
    }

    var size: Size {
        Size(width: Int(cn_columns()), height: Int(cn_lines()))
    }

    /// Adopts a new size.
    func resize() {
        cn_resize()
        shown = nil
    }

    /// Draws the whole screen again at the next ``draw(_:title:)``.
    func invalidate() {
        cn_invalidate()
        shown = nil
    }

    /// Suspends the process until it is continued.
    func suspend() {
        leave()
        cn_stop()
        resume()
    }

    /// Gives the terminal to another program until ``resume()``.
    func leave() {
        write(Self.pasteOff + (hasMouse ? Self.mouseOff : "") + (isLikeXterm ? Self.keyboardOff : ""))
        endwin()
    }

    func resume() {
        cn_resize()
        invalidate()
        let off = isLikeXterm ? Self.keyboardOff + Self.reportsOff : ""
        write(off + Self.pasteOn + (hasMouse ? Self.mouseOn : ""))
    }

    /// Switches mouse reports on or off.
    func takeMouse(_ isWanted: Bool) {
        guard isWanted != hasMouse, isLikeXterm else { return }
        hasMouse = isWanted
        write(isWanted ? Self.mouseOn : Self.mouseOff)
    }

    /// Sends `text` to the terminal for its clipboard (xterm, OSC 52).
    func offer(_ text: Secret) {
        if isLikeXterm { write("\u{1B}]52;c;\(Data(text.reveal().utf8).base64EncodedString())\u{7}") }
    }

    /// Draws what differs from the previous frame.
    func draw(_ frame: Frame, title: String) {
        let frame = isASCII ? frame.inASCII : frame
        let rows = (0..<frame.size.height).filter { shown?.size != frame.size || shown?.row($0) != frame.row($0) }
        // Synchronized output shows a large change at once. It isn't worth it for a tick.
        let isMuch = isLikeXterm && rows.count > frame.size.height / 2
        if isMuch { write("\u{1B}[?2026h") }
        for row in rows { draw(frame.row(row), row: row) }
        cn_place_cursor(Int32(frame.cursor.row), Int32(frame.cursor.column), frame.showsCursor ? 1 : 0)
        cn_show()
        if isMuch { write("\u{1B}[?2026l") }
        if isLikeXterm, title != shownTitle { write("\u{1B}]2;\(title)\u{7}") }
        shownTitle = title
        shown = frame
    }

    /// Writes a row, in runs of one style.
    private func draw(_ cells: ArraySlice<Cell>, row: Int) {
        var start = cells.startIndex
        while start < cells.endIndex {
            let style = cells[start].style
            var text = ""
            var end = start
            var isPlain = true
            // A terminal may disagree on the width of unusual characters, so what follows one is positioned explicitly.
            while end < cells.endIndex, cells[end].isContinuation || cells[end].style == style && isPlain {
                if !cells[end].isContinuation {
                    text.append(cells[end].character)
                    isPlain = Self.isSingle(cells[end].character)
                }
                end += 1
            }
            theme.apply(style)
            cn_put(Int32(row), Int32(start - cells.startIndex), text)
            start = end
        }
    }

    /// Whether the character fills one cell on every terminal, as ASCII, lines and blocks do.
    private static func isSingle(_ character: Character) -> Bool {
        guard !character.isASCII, let scalar = character.unicodeScalars.first else { return true }
        return (0x2500...0x259F).contains(scalar.value) && character.unicodeScalars.count == 1
    }

    func soundBell() { write("\u{7}") }

    private func write(_ bytes: String) {
        cn_write(bytes, bytes.utf8.count)
    }

    /// Reads the available input.
    func read() -> [UInt8] {
        var bytes = [UInt8](repeating: 0, count: 64 * 1024)
        let count = Foundation.read(STDIN_FILENO, &bytes, bytes.count)
        return Array(bytes.prefix(max(count, 0)))
    }
}

/// Why the inspector can't use the terminal, and what to use instead.
package struct TerminalError: Error, Hashable, Sendable, CustomStringConvertible {
    package let description: String

    static let instead = "Use `session-inspector list` or `session-inspector watch` instead."

    static let noTerminal = TerminalError(
        description: "The inspector needs a terminal on standard input and output. \(instead)")

    static func unusable(_ name: String) -> TerminalError {
        TerminalError(
            description: """
                The inspector can't use a terminal of type “\(name)” (TERM): its description is missing or \
                it can't position text. Try TERM=xterm-256color, or install Debian's ncurses-term. \
                \(instead)
                """)
    }
}
