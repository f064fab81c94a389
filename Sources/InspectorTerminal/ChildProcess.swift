import CNcurses
import Foundation
import Synchronization

/// A program that the inspector starts, with nothing of the inspector's in it: no descriptor but the standard ones, no
/// ignored or blocked signal, and an environment without the sealing key.
final class ChildProcess: Sendable {
    private let id: pid_t
    private let hasEnded = Mutex(false)

    /// Looks for the program in PATH. `nil`: it can't be started.
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

    /// Calls `tell` on another thread once the child has ended. Its ID stays its own until ``end()``.
    func watch(_ tell: @escaping @Sendable () -> Void) {
        Thread.detachNewThread { [self] in
            var info = siginfo_t()
            while waitid(P_PID, id_t(id), &info, WEXITED | WNOWAIT) < 0, errno == EINTR {}
            hasEnded.withLock { $0 = true }
            tell()
        }
    }

    /// Whether ``watch(_:)`` has told.
    var isOver: Bool { hasEnded.withLock { $0 } }

    func send(_ signal: Int32) {
        kill(id, signal)
    }

    /// Waits for its end, and returns its exit status; for one that a signal ended, 128 and the signal's number. Call it
    /// once.
    func end() -> Int32 {
        var status: Int32 = 0
        while waitpid(id, &status, 0) < 0, errno == EINTR {}
        let signal = status & 0x7F
        return signal == 0 ? (status >> 8) & 0xFF : 128 + signal
    }
}
