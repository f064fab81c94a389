import Foundation
import VisitorSessions

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

/// The first hundred bytes of a database file (SQLite file format, section 1.3), read without SQLite: so a file
/// that is not ours is told before anything opens it.
struct DatabaseHeader {
    private static let size = 100
    private static let magic = Data("SQLite format 3\0".utf8)

    /// What the database's application calls itself. 0: nothing.
    let applicationID: Int32

    /// The version of the schema, as of the last checkpoint.
    let schemaVersion: Int32

    /// The header of the file at `url`. `nil` where there is no file.
    ///
    /// Throws ``StoreError/Kind-swift.enum/unusable`` where the file is no database, or may not be read.
    init?(of url: URL) throws(StoreError) {
        let bytes: Data
        do {
            let file = try RegularFile.open(url)
            bytes = try file.read(upToCount: Self.size) ?? Data()
        } catch let error as FileError {
            if error.isMissing { return nil }
            throw StoreError(
                error.isOutOfDescriptors ? .unavailable : .unusable,
                "The store \(url.path) can't be read: \(error.reason).", detail: "\(error)")
        } catch {
            throw StoreError(.unusable, "The store \(url.path) can't be read. Check the disk.", detail: "\(error)")
        }
        guard !bytes.isEmpty else {
            throw StoreError(.unusable, "\(url.path) is an empty file, and no store. Remove it, or name another file.")
        }
        guard bytes.count == Self.size, bytes.starts(with: Self.magic) else {
            throw StoreError(.unusable, "\(url.path) is not a database. It is left as it is; name another file.")
        }
        func number(at offset: Int) -> Int32 {
            bytes.dropFirst(offset).prefix(4).reduce(0) { $0 << 8 | Int32($1) }
        }
        schemaVersion = number(at: 60)
        applicationID = number(at: 68)
    }
}
