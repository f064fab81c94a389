/// Why the server, or the way to it, did not do what it was asked.
struct PostgresFailure: Error {
    /// The server's word for it (PostgreSQL, appendix A). `nil` where it said nothing.
    var sqlState: String?

    /// In one line, without values.
    var message: String

    /// Whether the connection is lost with it.
    var isConnectionLost: Bool

    /// Whether it was this side that gave up waiting.
    var isTimeout = false

    /// Which of several servers it was that did not answer.
    var silentHost: Int?

    /// Whether the connection was lost while the server was to commit: nobody knows what became of it.
    var isCommitUnknown = false

    /// The same again may go well at once: two transactions were in each other's way, and the server has undone this one.
    var isRace: Bool {
        guard !isCommitUnknown, let sqlState else { return false }
        return ["40001", "40P01", "23505"].contains(sqlState)
    }
}
