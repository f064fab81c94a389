import CSystem
import Foundation
import LiveSessions

/// Keeps tokens inside the process.
enum Privacy {
    /// The limit for core dumps when the process started.
    private static let coreLimit = {
        var limit = rlimit()
        getrlimit(coreResource, &limit)
        return limit
    }()

    #if os(Linux)
        private static let coreResource = __rlimit_resource_t(RLIMIT_CORE.rawValue)
    #else
        private static let coreResource = RLIMIT_CORE
    #endif

    /// Prevents core dumps and debugger access, which would expose every token in memory.
    ///
    /// The limit alone isn't enough if the kernel pipes dumps to a program. Child processes inherit the limit, but can
    /// raise it again, because the hard limit is unchanged.
    static func forbidDumps() {
        var limit = coreLimit
        limit.rlim_cur = 0
        setrlimit(coreResource, &limit)
        cs_forbid_dumps()
    }

    /// Restores the user's core limit for a command that replaces this process.
    static func restoreCoreLimit() {
        var limit = coreLimit
        setrlimit(coreResource, &limit)
    }
}

/// Rejects arguments and variables that aren't UTF-8. Swift would change their text, and they would name other paths.
enum ReadableText {
    static func requireArguments() throws {
        for place in 1..<max(Int(CommandLine.argc), 1) {
            if let word = CommandLine.unsafeArgv[place], String(validatingCString: word) == nil {
                throw Failure(
                    .usage, "Argument \(place) isn't valid UTF-8. Use another path, such as a link to the file.")
            }
        }
        for name in [
            "HOME", "SESSION_INSPECTOR_STORE", "TMPDIR", "XDG_CONFIG_HOME", "XDG_RUNTIME_DIR", "XDG_STATE_HOME",
        ] {
            if let value = getenv(name), String(validatingCString: value) == nil {
                throw Failure(
                    .configuration, "The environment variable \(name) isn't valid UTF-8. Set it to a path that is.")
            }
        }
    }

    /// Throws if the current folder's path isn't UTF-8. Call this before using a relative path.
    static func requireCurrentFolder() throws {
        guard let folder = getcwd(nil, 0) else { return }
        defer { free(folder) }
        guard String(validatingCString: folder) != nil else {
            throw Failure(.usage, "The current folder's path isn't valid UTF-8. Give an absolute path for the store.")
        }
    }
}

enum StandardDescriptors {
    /// Opens standard descriptors that are closed. Otherwise, the next files opened would get their numbers, and output
    /// could end up in a database.
    ///
    /// Each is opened in the wrong direction, so that using it fails just as using a closed one would.
    static func openAll() {
        for descriptor in [STDIN_FILENO, STDOUT_FILENO, STDERR_FILENO] where fcntl(descriptor, F_GETFD) < 0 {
            // Returns the lowest free number, which is this one.
            _ = open("/dev/null", descriptor == STDIN_FILENO ? O_WRONLY : O_RDONLY)
        }
    }
}

extension DescriptorLimit {
    /// The fewest descriptors that commands need. Dispatch ends the process without a message if it can't open its own.
    private static let least = 24

    static func requireEnough() throws(Failure) {
        let limit = current
        guard limit < least else { return }
        throw Failure(
            .store,
            "This process can't start: too many files open for a limit of \(limit). Raise it to \(least) or more (ulimit -n)."
        )
    }
}

enum FileSizeLimit {
    /// Makes a write beyond RLIMIT_FSIZE fail instead of ending the process. Other programs don't inherit the handler.
    static func survive() {
        signal(SIGXFSZ) { _ in }
    }
}
