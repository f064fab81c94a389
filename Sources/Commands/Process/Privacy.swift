import Foundation

/// What keeps tokens inside the process.
enum Privacy {
    /// A core dump holds every token that the process has seen: no file of one is written.
    static func forbidCoreDumps() {
        var limit = rlimit(rlim_cur: 0, rlim_max: 0)
        setrlimit(__rlimit_resource_t(RLIMIT_CORE.rawValue), &limit)
    }
}
