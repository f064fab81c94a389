import Foundation

/// Which file a path names at present: a file that is moved keeps it, and another one in its place has another.
struct FileIdentity: Hashable, Sendable {
    private let device: UInt64
    private let node: UInt64

    /// `nil`: the path names nothing.
    init?(at path: String) {
        var status = stat()
        guard stat(path, &status) == 0 else { return nil }
        device = UInt64(truncatingIfNeeded: status.st_dev)
        node = UInt64(truncatingIfNeeded: status.st_ino)
    }
}

/// What changes with every write to a file: its size and the time of its last change.
struct FileStamp: Hashable, Sendable {
    let size: Int64
    private let changed: [Int]

    /// `nil`: the path names nothing.
    init?(at path: String) {
        var status = stat()
        guard stat(path, &status) == 0 else { return nil }
        size = Int64(status.st_size)
        #if os(Linux)
            changed = [status.st_mtim.tv_sec, status.st_mtim.tv_nsec]
        #else
            changed = [status.st_mtimespec.tv_sec, status.st_mtimespec.tv_nsec]
        #endif
    }
}

/// What tells one state of a store from another, without looking into it.
struct StoreVersion: Hashable, Sendable {
    /// The file at the store's path. `nil`: there is none.
    var file: FileIdentity?

    /// Another number whenever another connection has committed.
    var data: Int64
}
