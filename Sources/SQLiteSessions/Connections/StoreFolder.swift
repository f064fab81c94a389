import CSystem
import Foundation
import SessionSQL
import VisitorSessions

/// The files of a store, and who may read them: the folder 0700 where it is made here, the files 0600.
struct StoreFolder {
    let url: URL

    /// The database in truth, beside which SQLite has its files: it follows links, too.
    private let file: URL

    private var folder: URL { file.deletingLastPathComponent() }

    init(url: URL) {
        self.url = url
        file = url.linkTarget
    }

    /// SQLite's files beside a database: rollback journal, write-ahead log, and the log's index.
    private static let companionSuffixes = ["-journal", "-wal", "-shm"]

    // MARK: Paths for SQLite

    /// The path of a file that does not change while it is open: SQLite then does without the companions that it could
    /// not make.
    var unchangingPath: String { "\(url.absoluteURL.absoluteString)?immutable=1" }

    /// The path of a database that is there: one that is missing is not made.
    var existingPath: String { "\(url.absoluteURL.absoluteString)?mode=rw" }

    // MARK: What is there

    /// The write-ahead log, whether it is there or not.
    var logPath: String { file.path + "-wal" }

    /// The name of the log's index.
    var indexName: String { file.lastPathComponent + "-shm" }

    /// The companions of a database that are here, by name. SQLite takes them for the present database's own, whichever
    /// database they came from: it would write what is in such a log into a new one.
    var companions: [String] {
        Self.companionSuffixes.map { file.lastPathComponent + $0 }
            .filter { FileIdentity(at: folder.appending(path: $0).path) != nil }
    }

    /// The log or journal that holds something, by name. Without it the database may lack its last changes.
    var log: String? {
        ["-wal", "-journal"].first { FileStamp(at: file.path + $0).map { $0.size > 0 } ?? false }
            .map { file.lastPathComponent + $0 }
    }

    /// Why the database can't be written. `nil`: it can, as far as its permissions tell.
    var fileObstacle: FileError? { access(url.path, W_OK) == 0 ? nil : .last }

    /// Why SQLite can't make its files beside the database, found out by making one. `nil`: it can.
    var folderObstacle: FileError? {
        do {
            // A page, so that a full disk shows.
            unlink(try PrivateFile.draft(beside: file, Data(count: 4096)).path)
            return nil
        } catch {
            return error
        }
    }

    // MARK: Making a store

    /// Makes the folder, where there is none.
    func make() throws(FileError) {
        try PrivateFile.makeFolder(folder)
    }

    /// A new empty file beside the store, for its owner alone: SQLite gives its companions the same mode.
    func makeDraft() throws(FileError) -> URL {
        try PrivateFile.draft(beside: file, Data())
    }

    /// Gives a finished draft the database's name, unless that name is taken. Durable on return.
    func adopt(_ draft: URL) throws(FileError) {
        guard link(draft.path, file.path) == 0 || errno == EEXIST else { throw .last }
        try PrivateFile.synchronize(folder)
    }

    /// Removes a draft, and what SQLite left beside it.
    func remove(_ draft: URL) {
        for suffix in [""] + Self.companionSuffixes {
            unlink(draft.path + suffix)
        }
    }

    /// Lets only their owner read the store's files. Files of another user stay as they are: their owner may have
    /// meant it.
    func tighten() {
        for suffix in ["", "-wal", "-shm"] {
            var status = stat()
            let path = file.path + suffix
            guard stat(path, &status) == 0, status.st_mode & 0o077 != 0 else { continue }
            chmod(path, 0o600)
        }
    }
}

/// Room on the disk for answers that are still to be stored.
///
/// SQLite appends every commit to the write-ahead log. Before a token is sent, blocks are allocated behind the end of the
/// log: the pair that comes back fits in, whatever else fills the disk meanwhile.
struct ResponseSpace {
    /// Several times what the commit of one answer appends (its pages, and the tokens).
    static let bytesPerResponse = 256 << 10

    let url: URL

    /// Has room for `more` answers and for those of all sessions that are leased at `now`.
    ///
    /// Inside a transaction. Throws ``StoreError/Kind-swift.enum/full`` where there is too little room.
    func reserve(for more: Int, at now: Date, _ db: any SQLConnection) throws {
        let leased =
            try db.number("SELECT count(*) FROM session WHERE lease_deadline > \(Milliseconds.nearest(now))") ?? 0
        try reserve((Int(leased) + more) * Self.bytesPerResponse)
    }

    private func reserve(_ bytes: Int) throws(StoreError) {
        let log = open(StoreFolder(url: url).logPath, O_WRONLY | O_NOFOLLOW | O_CLOEXEC)
        defer { if log >= 0 { close(log) } }
        var status = stat()
        guard log >= 0, fstat(log, &status) == 0 else { return try requireUnused(bytes) }
        guard Int(status.st_blocks) * 512 < Int(status.st_size) + bytes else { return }
        switch cs_allocate_behind(log, off_t(bytes)) {
        case 0: return
        case ENOSPC, EDQUOT, EFBIG: throw .full("the store", detail: "no room for an answer of \(bytes) bytes")
        default: try requireUnused(bytes)
        }
    }

    /// Where the file system allocates nothing in advance, what is free at present has to do.
    private func requireUnused(_ bytes: Int) throws(StoreError) {
        var status = statvfs()
        guard statvfs(url.path, &status) == 0 else { return }
        guard UInt64(status.f_bavail) * UInt64(status.f_frsize) >= UInt64(bytes) else {
            throw .full("the store", detail: "less than \(bytes) bytes are free")
        }
    }
}
