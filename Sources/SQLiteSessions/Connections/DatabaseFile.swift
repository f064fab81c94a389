import Foundation
import VisitorSessions

/// The file that a path currently names: it stays the same when moved, and differs when replaced.
struct FileIdentity: Hashable, Sendable {
    private let device: UInt64
    private let node: UInt64

    /// `nil`: the path names nothing.
    init?(at path: String) {
        var status = stat()
        guard stat(path, &status) == 0 else { return nil }
        self.init(status)
    }

    /// `nil`: not an open file.
    init?(of descriptor: Int32) {
        var status = stat()
        guard fstat(descriptor, &status) == 0 else { return nil }
        self.init(status)
    }

    private init(_ status: stat) {
        device = UInt64(truncatingIfNeeded: status.st_dev)
        node = UInt64(truncatingIfNeeded: status.st_ino)
    }
}

/// A file's size and modification time.
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

/// Distinguishes states of a store without reading it.
struct StoreVersion: Hashable, Sendable {
    /// The file at the store's path. `nil`: missing.
    var file: FileIdentity?

    /// `PRAGMA data_version`: changes when another connection commits.
    var data: Int64
}

/// The first hundred bytes of a database file (SQLite file format, section 1.3), read without SQLite, so that a foreign
/// file is recognized before anything opens it.
struct DatabaseHeader {
    private static let size = 100
    private static let magic = Data("SQLite format 3\0".utf8)

    /// `PRAGMA application_id`. 0: none.
    let applicationID: Int32

    /// The schema version as of the last checkpoint.
    let schemaVersion: Int32

    /// The header of the file at `url`. `nil`: no such file.
    ///
    /// Throws ``StoreError/Kind-swift.enum/unusable`` if it isn't a database or can't be read.
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
            throw StoreError(.unusable, "\(url.path) is an empty file, not a store. Remove it, or choose another file.")
        }
        guard bytes.count == Self.size, bytes.starts(with: Self.magic) else {
            throw StoreError(.unusable, "\(url.path) isn't a database. It wasn't changed; choose another file.")
        }
        func number(at offset: Int) -> Int32 {
            bytes.dropFirst(offset).prefix(4).reduce(0) { $0 << 8 | Int32($1) }
        }
        schemaVersion = number(at: 60)
        applicationID = number(at: 68)
    }
}
