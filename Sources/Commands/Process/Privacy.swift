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
