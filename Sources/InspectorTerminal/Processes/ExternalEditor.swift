import CNcurses
import Foundation
import VisitorSessions

/// Runs $EDITOR on a private file, which is always removed afterwards.
struct ExternalEditor {
    enum Ending {
        /// The saved text.
        case edited(Secret)
        /// The inspector got this signal, or the terminal is gone (SIGHUP). The editor has exited.
        case signaled(Int32)
    }

    /// How long the editor may take to exit after a signal.
    private static let exitTimeout: Duration = .seconds(2)

    let environment: [String: String]
    let wakeUp: WakeUpPipe

    /// Standard error for the editor: the original one, from before it was captured.
    let errors: Int32

    /// Runs the editor on the terminal. Throws if it can't start or fails; in that case, the text is unchanged.
    func edit(_ text: Secret) throws(TerminalError) -> Ending {
        let named = [environment["VISUAL"], environment["EDITOR"], "vi"].compactMap(\.self).first { !$0.isEmpty }
        guard let editor = named, let file = EditedFile(text, environment: environment) else { throw Self.failure }
        // Lets the terminal's suspend key work in the editor.
        cn_lend(1)
        defer { cn_lend(0) }
        // The shell splits $EDITOR, which may contain options. The path is passed as an argument, so it isn't split.
        let words = ["/bin/sh", "-c", "exec \(editor) \"$1\"", "sh", file.path]
        guard let child = ChildProcess(words, environment: environment, errors: errors) else { throw Self.failure }
        child.watch { [wakeUp] in wakeUp.write(WakeUpPipe.mail) }
        let signal = wait(for: child)
        // Wakes the loop for messages whose wake-ups were read here.
        defer { wakeUp.write(WakeUpPipe.mail) }
        let status = child.end()
        if let signal { return .signaled(signal) }
        guard status == 0 else {
            throw TerminalError(description: "The editor “\(editor)” failed. The text is unchanged.")
        }
        guard let edited = file.text else { throw Self.failure }
        return .edited(Secret(edited.reveal().trimmingCharacters(in: .whitespacesAndNewlines)))
    }

    private static let failure = TerminalError(
        description: "The text couldn't be saved for the editor. It is unchanged.")

    /// Returns the signal that ended the wait. `nil`: the editor exited by itself.
    private func wait(for child: ChildProcess) -> Int32? {
        var asked: (signal: Int32, at: ContinuousClock.Instant)?
        while !child.hasExited {
            var sources = [
                pollfd(fd: wakeUp.reading, events: Int16(POLLIN), revents: 0),
                // The terminal's input belongs to the editor. This only notices when the terminal is gone.
                pollfd(fd: asked == nil ? STDIN_FILENO : -1, events: 0, revents: 0),
            ]
            let left = asked.map { Self.exitTimeout - ($0.at.duration(to: .now)) }
            _ = poll(&sources, 2, left.map { Int32(max($0 / .milliseconds(1), 0)) } ?? -1)
            let isGone = sources[1].revents & Int16(POLLHUP | POLLERR | POLLNVAL) != 0
            // Signals for the terminal's keys and size are meant for the editor.
            let signals = wakeUp.drain().filter { ![SIGWINCH, SIGCONT, SIGINT, SIGQUIT].contains($0) }
            if let signal = signals.first ?? (isGone ? SIGHUP : nil), asked == nil {
                asked = (signal, .now)
                child.send(signal)
                child.send(SIGCONT)
            } else if let asked, asked.at.duration(to: .now) >= Self.exitTimeout {
                child.send(SIGKILL)
            }
        }
        return asked?.signal
    }
}
