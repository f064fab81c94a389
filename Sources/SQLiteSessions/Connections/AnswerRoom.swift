import CSystem
import Foundation
import SessionSQL
import VisitorSessions

/// Room on the disk for answers that are still to be stored.
///
/// SQLite appends every commit to the write-ahead log. Before a token is sent, blocks are allocated behind the end of the
/// log: the pair that comes back fits in, whatever else fills the disk meanwhile.
struct AnswerRoom {
    /// Several times what the commit of one answer appends (its pages, and the tokens).
    static let perAnswer = 256 << 10

    let url: URL

    /// Has room for `more` answers and for those of all sessions that are leased at `now`.
    ///
    /// Inside a transaction. Throws ``StoreError/Kind-swift.enum/full`` where there is too little room.
    func reserve(for more: Int, at now: Date, _ db: any SQLConnection) throws {
        let leased =
            try db.number("SELECT count(*) FROM session WHERE lease_deadline > \(Milliseconds.nearest(now))") ?? 0
        try reserve((Int(leased) + more) * Self.perAnswer)
    }

    private func reserve(_ bytes: Int) throws(StoreError) {
        let log = open(StoreFolder(url: url).logPath, O_WRONLY | O_NOFOLLOW | O_CLOEXEC)
        defer { if log >= 0 { close(log) } }
        var status = stat()
        guard log >= 0, fstat(log, &status) == 0 else { return try requireFree(bytes) }
        guard Int(status.st_blocks) * 512 < Int(status.st_size) + bytes else { return }
        switch cs_allocate_behind(log, off_t(bytes)) {
        case 0: return
        case ENOSPC, EDQUOT, EFBIG: throw .full("the store", detail: "no room for an answer of \(bytes) bytes")
        default: try requireFree(bytes)
        }
    }

    /// Where the file system allocates nothing in advance, what is free at present has to do.
    private func requireFree(_ bytes: Int) throws(StoreError) {
        var status = statvfs()
        guard statvfs(url.path, &status) == 0 else { return }
        guard UInt64(status.f_bavail) * UInt64(status.f_frsize) >= UInt64(bytes) else {
            throw .full("the store", detail: "less than \(bytes) bytes are free")
        }
    }
}
