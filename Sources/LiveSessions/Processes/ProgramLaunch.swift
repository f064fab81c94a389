package import Foundation
package import VisitorSessions

/// Starts another program, with this process's signal settings reset.
package enum ProgramLaunch {
    /// Descriptors of this process from here on can't collide with those that ``start(_:environment:descriptors:isApart:)``
    /// passes on.
    static let firstOwnDescriptor: Int32 = 10

    /// Starts a program, searched for in `PATH`. Throws the system's reason.
    ///
    /// - Parameters:
    ///   - words: The program and its arguments.
    ///   - descriptors: The descriptors of the child, each with the one of this process that it is a copy of. Others are
    ///     inherited unless they are closed on exec.
    ///   - isApart: Whether the program gets a process group of its own, so that Ctrl-C doesn't reach it.
    package static func start(
        _ words: [String], environment: [String: String], descriptors: [Int32: Int32] = [:], isApart: Bool = false
    ) throws(FileError) -> pid_t {
        var actions = posix_spawn_file_actions_t()
        posix_spawn_file_actions_init(&actions)
        defer { posix_spawn_file_actions_destroy(&actions) }
        for (child, own) in descriptors { posix_spawn_file_actions_adddup2(&actions, own, child) }
        var attributes = posix_spawnattr_t()
        posix_spawnattr_init(&attributes)
        defer { posix_spawnattr_destroy(&attributes) }
        var defaults = sigset_t()
        sigfillset(&defaults)
        var none = sigset_t()
        sigemptyset(&none)
        posix_spawnattr_setsigdefault(&attributes, &defaults)
        posix_spawnattr_setsigmask(&attributes, &none)
        var flags = POSIX_SPAWN_SETSIGDEF | POSIX_SPAWN_SETSIGMASK
        if isApart { flags |= POSIX_SPAWN_SETPGROUP }
        posix_spawnattr_setflags(&attributes, Int16(flags))
        var arguments = words.map { strdup($0) } + [nil]
        var variables = environment.map { strdup("\($0)=\($1)") } + [nil]
        defer { for text in arguments + variables { free(text) } }
        var child: pid_t = 0
        let result = posix_spawnp(&child, words[0], &actions, &attributes, &arguments, &variables)
        guard result == 0 else { throw FileError.system(POSIXErrorCode(rawValue: result) ?? .EIO) }
        return child
    }

    /// Waits until a child of this process exits. Returns its exit code, or 128 and the number of the signal that ended it.
    package static func exitCode(of child: pid_t) async -> Int32 {
        await withCheckedContinuation { continuation in
            Thread.detachNewThread {
                var status: Int32 = 0
                while waitpid(child, &status, 0) < 0, errno == EINTR {}
                let signal = status & 0x7F
                continuation.resume(returning: signal == 0 ? (status >> 8) & 0xFF : 128 + signal)
            }
        }
    }
}
