import GRDB

/// The connections to one database file: readers that see the last commit and wait for nobody, and one writer.
///
/// The writer is no part of GRDB's pool: a pool with a writer writes to the database whenever it is opened, and
/// lowers `synchronous` to NORMAL.
struct StoreConnections: Sendable {
    let reader: DatabasePool
    let writer: (queue: DatabaseQueue, turn: WriteTurn)?

    /// The file that they are open on, whatever its path names by now.
    let file: FileIdentity

    /// The write-ahead log that they use. `nil`: there is none.
    let log: FileIdentity?

    /// The connection of which SQLite tells whether others have committed.
    var watching: any DatabaseWriter { writer?.queue ?? reader }

    /// Keeps them open for as long as the process lives. SQLite removes a log by its name when it closes the last
    /// connection, and the name may belong to another database by now.
    func abandon() {
        _ = Unmanaged.passRetained(reader)
        if let writer { _ = Unmanaged.passRetained(writer.queue) }
    }
}
