import Foundation
import VisitorSessions

/// The files of a store, and who may read them: the folder 0700 where it is made here, the files 0600.
struct StoreFolder {
    let url: URL

    private var folder: URL { url.deletingLastPathComponent() }

    /// Whether the file system has been mounted for reading only, so that nobody here can write.
    var isOnReadOnlyFileSystem: Bool {
        var status = statvfs()
        return statvfs(folder.path, &status) == 0 && Int32(truncatingIfNeeded: status.f_flag) & Int32(ST_RDONLY) != 0
    }

    /// The database in SQLite's words for a file that does not change while it is open: SQLite then does without
    /// the companions that it could not make. A log that was left behind is read all the same, as usual.
    var unchangingPath: String {
        let hasLog = FileManager.default.fileExists(atPath: url.path + "-wal")
        return hasLog ? url.path : "\(url.absoluteURL.absoluteString)?immutable=1"
    }

    /// The database in SQLite's words for one that is there: opened for writing it would otherwise be made empty.
    var existingPath: String { "\(url.absoluteURL.absoluteString)?mode=rw" }

    /// The companions of a database that are here, by name. SQLite takes them for the present database's own, whichever
    /// database they came from: it would write what is in such a log into a new one.
    var companions: [String] {
        Self.companionSuffixes.map { url.lastPathComponent + $0 }
            .filter { FileIdentity(at: folder.appending(path: $0).path) != nil }
    }

    /// SQLite's files beside a database: rollback journal, write-ahead log, and the log's index.
    private static let companionSuffixes = ["-journal", "-wal", "-shm"]

    /// Makes the folder, where there is none.
    func make() throws {
        let files = FileManager.default
        guard !files.fileExists(atPath: folder.path) else { return }
        try files.createDirectory(
            at: folder, withIntermediateDirectories: true, attributes: [.posixPermissions: 0o700])
    }

    /// A new empty file beside the store, for its owner alone: SQLite gives its companions the same mode.
    func makeDraft() throws -> URL {
        let draft = folder.appending(path: ".\(url.lastPathComponent).\(UUID().uuidString)")
        let descriptor = Foundation.open(draft.path, O_WRONLY | O_CREAT | O_EXCL, 0o600)
        guard descriptor >= 0 else { throw Self.failure() }
        // Whatever the umask took away.
        let isPrivate = fchmod(descriptor, 0o600) == 0
        Foundation.close(descriptor)
        guard isPrivate else { throw Self.failure() }
        return draft
    }

    /// Gives a finished draft the store's name, unless that name is taken. Durable on return.
    func adopt(_ draft: URL) throws {
        guard link(draft.path, url.path) == 0 || errno == EEXIST else { throw Self.failure() }
        let descriptor = Foundation.open(folder.path, O_RDONLY)
        guard descriptor >= 0 else { throw Self.failure() }
        let isDurable = fsync(descriptor) == 0
        Foundation.close(descriptor)
        guard isDurable else { throw Self.failure() }
    }

    /// Removes a draft, and what SQLite left beside it.
    func remove(_ draft: URL) {
        for suffix in [""] + Self.companionSuffixes {
            unlink(draft.path + suffix)
        }
    }

    /// Takes the store's files from everybody but their owner, where others were let in. Files of somebody else
    /// stay as they are: their owner may have meant it.
    func tighten() {
        for suffix in ["", "-wal", "-shm"] {
            var status = stat()
            let path = url.path + suffix
            guard stat(path, &status) == 0, status.st_mode & 0o077 != 0 else { continue }
            chmod(path, 0o600)
        }
    }

    private static func failure() -> POSIXError {
        POSIXError(POSIXErrorCode(rawValue: errno) ?? .EIO)
    }
}
