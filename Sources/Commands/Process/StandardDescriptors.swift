import Foundation

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
