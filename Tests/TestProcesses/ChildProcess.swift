package import Foundation

/// A child process with files for input and output.
///
/// Foundation's `Process` considers a child running while any process holds an inherited descriptor, as a tmux server
/// does forever. This class waits for the child only.
package final class ChildProcess: Sendable {
    package let id: pid_t

    /// - Parameter arguments: The program, searched for in PATH, and its arguments.
    package init(
        _ arguments: [String], environment: [String: String], input: String = "/dev/null", output: String = "/dev/null",
        errors: String = "/dev/null"
    ) throws {
        var actions = posix_spawn_file_actions_t()
        posix_spawn_file_actions_init(&actions)
        defer { posix_spawn_file_actions_destroy(&actions) }
        posix_spawn_file_actions_addopen(&actions, 0, input, O_RDONLY, 0)
        posix_spawn_file_actions_addopen(&actions, 1, output, O_WRONLY | O_CREAT | O_APPEND, 0o600)
        posix_spawn_file_actions_addopen(&actions, 2, errors, O_WRONLY | O_CREAT | O_APPEND, 0o600)

        // The child must not keep another test's server alive. Closing a descriptor that isn't open is harmless.
        for descriptor in 3..<Int32(1024) { posix_spawn_file_actions_addclose(&actions, descriptor) }

        // Threads of this process block signals; a child would inherit that.
        var attributes = posix_spawnattr_t()
        posix_spawnattr_init(&attributes)
        defer { posix_spawnattr_destroy(&attributes) }
        var none = sigset_t()
        sigemptyset(&none)
        posix_spawnattr_setsigmask(&attributes, &none)
        posix_spawnattr_setflags(&attributes, Int16(POSIX_SPAWN_SETSIGMASK))

        var words = arguments.map { strdup($0) } + [nil]
        var settings = environment.map { strdup("\($0.key)=\($0.value)") } + [nil]
        defer { for text in words + settings { free(text) } }
        var id: pid_t = 0
        let failure = posix_spawnp(&id, arguments[0], &actions, &attributes, &words, &settings)
        guard failure == 0 else { throw POSIXError(POSIXErrorCode(rawValue: failure) ?? .ENOENT) }
        self.id = id
    }

    /// Waits for its exit and returns its status: 128 plus the signal number if a signal killed it. Call it once. If the
    /// test is cancelled, as by its time limit, the process is killed.
    package func end() async -> Int32 {
        await withTaskCancellationHandler {
            await withCheckedContinuation { (done: CheckedContinuation<Int32, Never>) in
                Thread.detachNewThread { [self] in done.resume(returning: waitForEnd()) }
            }
        } onCancel: {
            kill(id, SIGKILL)
        }
    }

    /// Waits for its exit and returns the processor time and peak memory (in bytes) it used.
    ///
    /// Memory is sampled while it runs: the kernel's peak value includes this process's memory at the fork.
    package func usage() async -> (status: Int32, processorTime: Duration, memory: Int) {
        await withCheckedContinuation { done in
            Thread.detachNewThread { [self] in
                var (status, usage, memory): (Int32, rusage, Int) = (0, rusage(), 0)
                while wait4(id, &status, WNOHANG, &usage) == 0 {
                    memory = max(memory, peakMemory ?? 0)
                    usleep(2000)
                }
                let time = [usage.ru_utime, usage.ru_stime].map {
                    Duration.seconds(Int($0.tv_sec)) + .microseconds(Int($0.tv_usec))
                }
                done.resume(returning: (Self.code(status), time[0] + time[1], memory))
            }
        }
    }

    private var peakMemory: Int? {
        let status = try? String(contentsOfFile: "/proc/\(id)/status", encoding: .utf8)
        return status?.firstMatch(of: /VmHWM:\s+([0-9]+) kB/).flatMap { Int($0.1) }.map { $0 * 1024 }
    }

    /// Like ``end()``, but blocks.
    @discardableResult
    package func waitForEnd() -> Int32 {
        var status: Int32 = 0
        while waitpid(id, &status, 0) < 0, errno == EINTR {}
        return Self.code(status)
    }

    private static func code(_ status: Int32) -> Int32 {
        let signal = status & 0x7F
        return signal == 0 ? (status >> 8) & 0xFF : 128 + signal
    }
}
