import CNcurses
import Foundation
import VisitorSessions

/// The person's own editor, on a file that only they can read and that is removed afterwards, whatever happens.
struct ExternalEditor {
    enum Ending {
        /// The text as it was left.
        case edited(Secret)
        /// A signal asked the inspector to end, or the terminal is gone (SIGHUP): its number. The editor has ended.
        case signalled(Int32)
    }

    /// How long an editor that was asked to end has for it.
    private static let patience: Duration = .seconds(2)

    let environment: [String: String]
    let wakeUp: WakeUpPipe

    /// Where the editor's errors go: what the screen keeps standard error away from.
    let errors: Int32

    /// Runs it on the terminal. Throws where there is none, or where it failed.
    func edit(_ text: Secret) throws(TerminalError) -> Ending {
        let named = [environment["VISUAL"], environment["EDITOR"], "vi"].compactMap(\.self).first { !$0.isEmpty }
        guard let editor = named, let file = EditedFile(text, environment: environment) else { throw Self.failure }
        // As its own suspend key needs it.
        cn_lend(1)
        defer { cn_lend(0) }
        // The shell reads the words of $EDITOR, which may hold options; the path is an argument, not a part of them.
        let words = ["/bin/sh", "-c", "exec \(editor) \"$1\"", "sh", file.path]
        guard let child = ChildProcess(words, environment: environment, errors: errors) else { throw Self.failure }
        child.watch { [wakeUp] in wakeUp.write(WakeUpPipe.mail) }
        let signal = wait(for: child)
        // What came meanwhile for the loop has been read here.
        defer { wakeUp.write(WakeUpPipe.mail) }
        let status = child.end()
        if let signal { return .signalled(signal) }
        guard status == 0 else {
            throw TerminalError(description: "The editor “\(editor)” failed: the text is as it was.")
        }
        guard let edited = file.text else { throw Self.failure }
        return .edited(Secret(edited.reveal().trimmingCharacters(in: .whitespacesAndNewlines)))
    }

    private static let failure = TerminalError(
        description: "The text can't be put into a file for the editor: it is as it was.")

    /// Returns the signal that ended the wait. `nil`: the editor ended by itself.
    private func wait(for child: ChildProcess) -> Int32? {
        var asked: (signal: Int32, at: ContinuousClock.Instant)?
        while !child.isOver {
            var sources = [
                pollfd(fd: wakeUp.reading, events: Int16(POLLIN), revents: 0),
                // Its input is the editor's. Here it tells that it is gone.
                pollfd(fd: asked == nil ? STDIN_FILENO : -1, events: 0, revents: 0),
            ]
            let left = asked.map { Self.patience - ($0.at.duration(to: .now)) }
            _ = poll(&sources, 2, left.map { Int32(max($0 / .milliseconds(1), 0)) } ?? -1)
            let isGone = sources[1].revents & Int16(POLLHUP | POLLERR | POLLNVAL) != 0
            // Those that the terminal's keys send, and its changes, are the editor's alone.
            let signals = wakeUp.drain().filter { ![SIGWINCH, SIGCONT, SIGINT, SIGQUIT].contains($0) }
            if let signal = signals.first ?? (isGone ? SIGHUP : nil), asked == nil {
                asked = (signal, .now)
                child.send(signal)
                child.send(SIGCONT)
            } else if let asked, asked.at.duration(to: .now) >= Self.patience {
                child.send(SIGKILL)
            }
        }
        return asked?.signal
    }
}
