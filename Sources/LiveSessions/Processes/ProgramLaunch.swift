package import Foundation
package import VisitorSessions

/// How many files this process may open.
package enum DescriptorLimit {
    package static var current: Int {
        let limit = sysconf(Int32(_SC_OPEN_MAX))
        // -1: unlimited.
        return limit < 0 ? .max : limit
    }

    #if os(Linux)
        private static let resource = __rlimit_resource_t(RLIMIT_NOFILE.rawValue)
    #else
        private static let resource = RLIMIT_NOFILE
    #endif

    /// Lets this process open as many files as it may, up to 10,240, the most that macOS accepts.
    ///
    /// Programs that are started afterwards inherit the limit, and some don't work with a high one.
    package static func raise() {
        var limit = rlimit()
        guard getrlimit(resource, &limit) == 0 else { return }
        limit.rlim_cur = max(limit.rlim_cur, min(limit.rlim_max, 10240))
        setrlimit(resource, &limit)
    }
}

/// Starts another program, with this process's signal settings reset.
package enum ProgramLaunch {
    /// This process's descriptors from this number up can't collide with those that
    /// ``start(_:environment:descriptors:isApart:)`` passes on.
    static let firstOwnDescriptor: Int32 = 10

    /// Starts a program, searched for in `PATH`. Throws the system's reason.
    ///
    /// - Parameters:
    ///   - words: The program and its arguments.
    ///   - descriptors: The child's descriptors, each with the descriptor of this process that it copies. Others are
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
        var (all, none) = (sigset_t(), sigset_t())
        sigfillset(&all)
        sigemptyset(&none)
        posix_spawnattr_setsigdefault(&attributes, &all)
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

/// The hook that Node loads into an application (`node-hook.cjs`).
///
/// It is installed with the program and stays there: if it vanished, no `node` with it in its environment could start.
package enum NodeHook {
    private static let name = "node-hook.cjs"

    /// The installed hook, or the one in a build of the package. `nil`: it is missing.
    package static func url(program: URL) -> URL? {
        let folder = program.deletingLastPathComponent()
        return [
            installed(program: program),
            folder.appending(path: "session-inspector_LiveSessions.resources/\(name)"),
            folder.appending(path: "session-inspector_LiveSessions.bundle/\(name)"),
        ].first { FileManager.default.fileExists(atPath: $0.path) }
    }

    /// Where an installation puts it.
    package static func installed(program: URL) -> URL {
        program.deletingLastPathComponent().deletingLastPathComponent()
            .appending(path: "share/session-inspector/\(name)")
    }

    /// The running program's file.
    package static var program: URL { URL(filePath: "/proc/self/exe").resolvingSymlinksInPath() }

    /// `NODE_OPTIONS` that also loads the hook.
    ///
    /// Frameworks that rewrite the variable keep one `--require` only, so a second module is loaded with `--import`.
    static func options(loading hook: String, current: String?) -> String {
        let words = (current ?? "").split(separator: " ")
        let hasRequire = words.contains { $0 == "-r" || $0.hasPrefix("--require") }
        let isPlain = !hook.contains { $0 == " " || $0 == "\"" || $0 == "\\" }
        let option =
            !hasRequire && isPlain ? "--require=\(hook)" : "--import=\(URL(filePath: hook).absoluteString)"
        // Quoted text in it stays as it is.
        return words.isEmpty ? option : "\(current ?? "") \(option)"
    }
}
