import CSystem
import Foundation
import SessionSQL
import VisitorSessions

/// A store's files, private to their owner: a folder it creates is 0700, files are 0600.
struct StoreFolder {
    let url: URL

    /// The database with links resolved, as SQLite resolves them to place its companion files.
    private let file: URL

    private var folder: URL { file.deletingLastPathComponent() }

    init(url: URL) {
        self.url = url
        file = url.linkTarget
    }

    private static let companionSuffixes = ["-journal", "-wal", "-shm"]

    // MARK: Paths for SQLite

    /// A path that opens the file as immutable: SQLite then needs no companion files.
    var immutablePath: String { "\(url.absoluteURL.absoluteString)?immutable=1" }

    /// A path that opens an existing database and never creates one.
    var existingPath: String { "\(url.absoluteURL.absoluteString)?mode=rw" }

    // MARK: What is there

    var logPath: String { file.path + "-wal" }

    var indexName: String { file.lastPathComponent + "-shm" }

    /// The names of existing companion files. SQLite applies them to the current database, whichever one they came
    /// from.
    var companions: [String] {
        Self.companionSuffixes.map { file.lastPathComponent + $0 }
            .filter { FileIdentity(at: folder.appending(path: $0).path) != nil }
    }

    /// The name of a non-empty log or journal, without which the database may lack its last changes.
    var log: String? {
        ["-wal", "-journal"].first { FileStamp(at: file.path + $0).map { $0.size > 0 } ?? false }
            .map { file.lastPathComponent + $0 }
    }

    /// Why the database can't be written. `nil`: its permissions allow it.
    var fileError: FileError? { access(url.path, W_OK) == 0 ? nil : .last }

    /// Whether another file can take its place: no other user owns it, and it has no second hard link.
    var isReplaceable: Bool {
        var status = stat()
        return stat(file.path, &status) == 0 && status.st_uid == geteuid() && status.st_nlink == 1
    }

    /// Why SQLite can't create files beside the database, tested by creating one. `nil`: it can.
    var folderError: FileError? {
        do {
            // One page, to detect a full disk.
            unlink(try PrivateFile.draft(beside: file, Data(count: 4096)).path)
            return nil
        } catch {
            return error
        }
    }

    // MARK: Making a store

    func create() throws(FileError) {
        try PrivateFile.createFolder(folder)
    }

    /// A new private file beside the store: SQLite gives its companions the same mode.
    func createDraft() throws(FileError) -> URL {
        try PrivateFile.draft(beside: file, Data())
    }

    /// The file in which a large import is built. `nil`: another process builds one.
    func createBuildFile() throws(FileError) -> BuildFile? {
        try BuildFile.create(folder.appending(path: ".\(file.lastPathComponent).import"), for: self)
    }

    /// Renames a finished file to the database's name, replacing any file there. Durable on return.
    func rename(_ finished: URL) throws(FileError) {
        guard Foundation.rename(finished.path, file.path) == 0 else { throw .last }
        try PrivateFile.synchronize(folder)
    }

    /// Links a finished draft to the database's name unless that is taken. Durable on return.
    func adopt(_ draft: URL) throws(FileError) {
        guard link(draft.path, file.path) == 0 || errno == EEXIST else { throw .last }
        try PrivateFile.synchronize(folder)
    }

    /// Removes a draft and its companions.
    func remove(_ draft: URL) {
        unlink(draft.path)
        removeCompanions(of: draft)
    }

    func removeCompanions(of draft: URL) {
        for suffix in Self.companionSuffixes { unlink(draft.path + suffix) }
    }

    /// Makes the store's files private. Files of another user are left alone: their mode may be deliberate.
    func tighten() {
        for suffix in ["", "-wal", "-shm"] {
            var status = stat()
            let path = file.path + suffix
            guard stat(path, &status) == 0, status.st_mode & 0o077 != 0 else { continue }
            chmod(path, 0o600)
        }
    }
}

/// Disk space for responses that are still to be stored.
///
/// SQLite appends every commit to the write-ahead log. Before a token is sent, blocks are allocated past the log's end,
/// so that the new pair can be stored even if the disk fills up meanwhile.
struct ResponseSpace {
    /// Several times what the commit of one response appends.
    static let bytesPerResponse = 256 << 10

    let url: URL

    /// Reserves space for `more` responses and those of all sessions leased at `now`.
    ///
    /// Call it inside a transaction. Throws ``StoreError/Kind-swift.enum/full`` if there is too little space.
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
        case ENOSPC, EDQUOT, EFBIG: throw .full("the store", detail: "no space for a response of \(bytes) bytes")
        default: try requireUnused(bytes)
        }
    }

    /// For file systems that can't preallocate: checks the free space instead.
    private func requireUnused(_ bytes: Int) throws(StoreError) {
        var status = statvfs()
        guard statvfs(url.path, &status) == 0 else { return }
        guard UInt64(status.f_bavail) * UInt64(status.f_frsize) >= UInt64(bytes) else {
            throw .full("the store", detail: "less than \(bytes) bytes are free")
        }
    }
}
