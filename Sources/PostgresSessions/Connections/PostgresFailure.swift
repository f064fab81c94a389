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

    /// Whether the connection was lost while the server was to commit: it isn't known what became of it.
    var isCommitUnknown = false

    /// The code of a connection that could not be made. A pooler (pgbouncer) has one for all that it refuses, and says in
    /// English alone what it means.
    static func sqlState(_ code: String?, saying message: String) -> String? {
        guard code == "08P01" else { return code }
        if message.contains("authentication failed") || message.contains("no such user") { return "28P01" }
        return message.contains("does not exist") ? "3D000" : code
    }

    /// The same again may go well at once: two transactions were in each other's way, and the server has undone this one.
    var isRace: Bool {
        guard !isCommitUnknown, let sqlState else { return false }
        return ["40001", "40P01", "23505"].contains(sqlState)
    }
}
