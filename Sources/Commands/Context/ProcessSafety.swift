import CSystem
import Foundation

/// Keeps tokens inside the process.
enum Privacy {
    /// The limit of core dumps as the process began with it.
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

    /// A core dump, and the memory that a debugger reads, hold every token that the process has seen: neither is given.
    ///
    /// The limit alone doesn't do where the kernel pipes dumps into a program. It is inherited by the editor and the other
    /// tools that get tokens; they may raise it, for the hard limit stays.
    static func forbidDumps() {
        var limit = coreLimit
        limit.rlim_cur = 0
        setrlimit(coreResource, &limit)
        cs_forbid_dumps()
    }

    /// For a command that takes this process's place: it gets the limit that the user has set.
    static func restoreCoreLimit() {
        var limit = coreLimit
        setrlimit(coreResource, &limit)
    }
}

/// What other programs hand over as bytes, and Swift as text: what isn't UTF-8 would become another text, and so another path.
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

    /// For a path that begins in the current folder.
    static func requireCurrentFolder() throws {
        guard let folder = getcwd(nil, 0) else { return }
        defer { free(folder) }
        guard String(validatingCString: folder) != nil else {
            throw Failure(.usage, "The current folder's path isn't valid UTF-8. Give an absolute path for the store.")
        }
    }
}

/// Descriptors 0, 1 and 2.
enum StandardDescriptors {
    /// Opens those that the process began without: the next file would get their numbers, and what is printed would be
    /// written into a database.
    ///
    /// Each is opened the wrong way round, so that its use fails as that of a closed one does: results that go nowhere are
    /// an error.
    static func openAll() {
        for descriptor in [STDIN_FILENO, STDOUT_FILENO, STDERR_FILENO] where fcntl(descriptor, F_GETFD) < 0 {
            // The lowest number that is free, which is this one.
            _ = open("/dev/null", descriptor == STDIN_FILENO ? O_WRONLY : O_RDONLY)
        }
    }
}

/// The largest file that the process may write (RLIMIT_FSIZE).
enum FileSizeLimit {
    /// A write beyond it fails, in place of ending the process. A handler isn't inherited by other programs.
    static func survive() {
        signal(SIGXFSZ) { _ in }
    }
}
