import CNcurses
import Foundation
import Synchronization
import VisitorSessions

/// A program that the inspector starts. It inherits only the standard descriptors, no ignored or blocked signals, and an
/// environment without the sealing key.
final class ChildProcess: Sendable {
    private let id: pid_t
    private let hasEnded = Mutex(false)

    /// Finds the program in PATH. `nil`: it can't be started.
    init?(
        _ arguments: [String], environment: [String: String], input: Int32 = STDIN_FILENO,
        output: Int32 = STDOUT_FILENO, errors: Int32 = STDERR_FILENO
    ) {
        let settings = environment.filter { $0.key != "SESSION_INSPECTOR_KEY" }.map { "\($0.key)=\($0.value)" }
        let words = arguments.map { strdup($0) } + [nil]
        let variables = settings.map { strdup($0) } + [nil]
        defer { for text in words + variables { free(text) } }
        let id = cn_spawn(words, variables, input, output, errors)
        guard id > 0 else { return nil }
        self.id = id
    }

    /// Calls `tell` on another thread when the child has exited. Its ID isn't reused before ``end()``.
    func watch(_ tell: @escaping @Sendable () -> Void) {
        Thread.detachNewThread { [self] in
            var info = siginfo_t()
            while waitid(P_PID, id_t(id), &info, WEXITED | WNOWAIT) < 0, errno == EINTR {}
            hasEnded.withLock { $0 = true }
            tell()
        }
    }

    /// Whether ``watch(_:)`` has seen the child exit.
    var hasExited: Bool { hasEnded.withLock { $0 } }

    func send(_ signal: Int32) {
        kill(id, signal)
    }

    /// Waits until the child exits, and returns its status, or 128 plus the number of a signal. Call this once.
    func end() -> Int32 {
        var status: Int32 = 0
        while waitpid(id, &status, 0) < 0, errno == EINTR {}
        let signal = status & 0x7F
        return signal == 0 ? (status >> 8) & 0xFF : 128 + signal
    }
}

enum Clipboard {
    /// Copies `text` to a buffer of the tmux server. Uses standard input, because others may read arguments and files.
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
            // The child exited before it read everything. Its status shows that.
        }
        return child.end() == 0
    }
}
