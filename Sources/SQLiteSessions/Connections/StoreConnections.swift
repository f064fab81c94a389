import Foundation
import GRDB
import VisitorSessions

/// The connection that writes.
struct StoreWriter: Sendable {
    let queue: DatabaseQueue
    let turn: WriteTurn
}

/// The connections to one database file: readers that see the last commit and wait for no one, and one writer.
///
/// The writer is no part of GRDB's pool: a pool with a writer writes to the database whenever it is opened, and
/// lowers `synchronous` to NORMAL.
struct StoreConnections: Sendable {
    let reader: DatabasePool

    /// The writer, or why nothing can be written.
    let writer: Result<StoreWriter, StoreError>

    /// The file that they are open on, whatever its path names by now.
    let file: FileIdentity

    /// The write-ahead log that they use. `nil`: there is none.
    let log: FileIdentity?

    /// How the file was when it was opened as one that doesn't change. `nil`: SQLite sees every change.
    let unchanging: FileStamp?

    /// The connection that tells whether others have committed.
    var watching: any DatabaseWriter {
        if case .success(let writer) = writer { writer.queue } else { reader }
    }

    /// Whether what they read is what is stored at `url`.
    func areCurrent(at url: URL) -> Bool {
        guard FileIdentity(at: url.path) == file else { return false }
        return unchanging == nil || FileStamp(at: url.path) == unchanging && StoreFolder(url: url).log == nil
    }

    /// Keeps them open for as long as the process lives. SQLite removes a log by its name when it closes the last
    /// connection, and the name may belong to another database by now.
    func retainForever() {
        _ = Unmanaged.passRetained(reader)
        if case .success(let writer) = writer { _ = Unmanaged.passRetained(writer.queue) }
    }
}
