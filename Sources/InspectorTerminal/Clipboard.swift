import Foundation
import VisitorSessions

/// Puts text where the next paste takes it from.
enum Clipboard {
    /// Hands `text` to the tmux server that this terminal is in. It stands in no argument and in no file.
    static func loadIntoTmux(_ text: Secret, environment: [String: String]) -> Bool {
        var ends: [Int32] = [0, 0]
        guard pipe(&ends) == 0 else { return false }
        for end in ends { _ = fcntl(end, F_SETFD, FD_CLOEXEC) }
        let null = open("/dev/null", O_WRONLY | O_CLOEXEC)
        let child = ChildProcess(
            ["tmux", "load-buffer", "-w", "-"], environment: environment, input: ends[0], output: null, errors: null)
        close(ends[0])
        close(null)
        let input = FileHandle(fileDescriptor: ends[1], closeOnDealloc: true)
        guard let child else { return false }
        do {
            try input.write(contentsOf: Data(text.reveal().utf8))
            try input.close()
        } catch {
            // It has ended before it has read everything, and says so.
        }
        return child.end() == 0
    }

    /// What has a terminal take `text` into its clipboard (xterm, operating system command 52).
    static func sequence(_ text: Secret) -> String {
        "\u{1B}]52;c;\(Data(text.reveal().utf8).base64EncodedString())\u{7}"
    }
}
