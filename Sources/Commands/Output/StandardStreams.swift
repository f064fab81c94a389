import Foundation
import InspectorCore
import InspectorTerminal

/// Results, and nothing else.
enum StandardOutput {
    static var isTerminal: Bool { isatty(STDOUT_FILENO) == 1 }

    /// Throws where the text does not arrive, as on a full disk.
    static func write(_ text: String) throws {
        try write(Data(text.utf8))
    }

    static func write(_ bytes: Data) throws {
        do {
            try FileHandle.standardOutput.write(contentsOf: bytes)
        } catch {
            throw Failure(.store, "The output could not be written: \(error.localizedDescription)")
        }
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

/// Everything that is said beside the results. Never a token.
enum StandardError {
    static func say(_ line: String) {
        FileHandle.say("session-inspector: \(TextSanitizer.line(line))\n")
    }
}
