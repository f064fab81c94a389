import CNcurses
import Foundation
import InspectorCore

/// The terminal, taken over and given back. Belongs to the process's main thread, as ncurses does.
final class Screen {
    /// Switches off what ``init(environment:)`` switched on, its keypad too, shows the cursor, and leaves the other screen: for a crash.
    private static let reset = "\u{1B}[?2004l\u{1B}[?1l\u{1B}>\u{1B}[0m\u{1B}[?25h\u{1B}[?1049l\r\n"
    private static let pasteOn = "\u{1B}[?2004h"
    private static let pasteOff = "\u{1B}[?2004l"

    private let handle: OpaquePointer
    private let stderr: QuietStderr
    private let theme: Theme
    private var shown: Frame?

    /// Takes the terminal over.
    init(environment: [String: String]) throws(TerminalError) {
        cn_guard_crashes(Self.reset, Self.reset.utf8.count)
        guard let handle = cn_open() else { throw .unusable(environment["TERM"] ?? "") }
        self.handle = handle
        stderr = QuietStderr()
        theme = Theme(colors: environment["NO_COLOR", default: ""].isEmpty ? Int(cn_colors()) : 0)
        theme.definePairs()
        write(Self.pasteOn)
    }

    /// Gives the terminal back as it was, and then lets standard error through.
    func close() {
        write(Self.pasteOff)
        cn_close(handle)
        stderr.release()
    }

    var size: Size {
        Size(width: Int(cn_columns()), height: Int(cn_lines()))
    }

    /// Notices a size that changed.
    func resize() {
        cn_resize()
        shown = nil
    }

    /// Draws all of the screen anew at the next ``draw(_:)``.
    func forget() {
        cn_forget()
        shown = nil
    }

    /// Suspends the process, and comes back when it is continued.
    func suspend() {
        write(Self.pasteOff)
        endwin()
        cn_stop()
        cn_resize()
        forget()
        write(Self.pasteOn)
    }

    /// Draws what is different from the frame before.
    func draw(_ frame: Frame) {
        for row in 0..<frame.size.height where shown?.size != frame.size || shown?.row(row) != frame.row(row) {
            draw(frame.row(row), row: row)
        }
        cn_place_cursor(Int32(frame.cursor.row), Int32(frame.cursor.column), frame.showsCursor ? 1 : 0)
        cn_show()
        shown = frame
    }

    /// Writes one row, cells of one look at a time.
    private func draw(_ cells: ArraySlice<Cell>, row: Int) {
        var start = cells.startIndex
        while start < cells.endIndex {
            let style = cells[start].style
            var text = ""
            var end = start
            var isPlain = true
            // A terminal may give other characters another width than we do: what follows them has a place of its own.
            while end < cells.endIndex, cells[end].style == style, isPlain || cells[end].isContinuation {
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

    /// Whether every terminal gives the character one cell: ASCII, and the lines and blocks that we draw.
    private static func isSingle(_ character: Character) -> Bool {
        guard !character.isASCII, let scalar = character.unicodeScalars.first else { return true }
        return (0x2500...0x259F).contains(scalar.value) && character.unicodeScalars.count == 1
    }

    private func write(_ bytes: String) {
        cn_write(bytes, bytes.utf8.count)
    }

    // MARK: Input

    /// What was typed since the last time, raw. `nil`: nothing more.
    func read() -> RawInput? {
        var value: UInt32 = 0
        switch UInt32(cn_read(&value)) {
        case CN_CHARACTER.rawValue: return Unicode.Scalar(value).map { .scalar($0) }
        case CN_KEY.rawValue: return .key(cn_key(value))
        default: return nil
        }
    }
}
