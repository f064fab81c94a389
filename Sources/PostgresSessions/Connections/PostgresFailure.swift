import VisitorSessions

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

extension StoreError {
    /// What a failure of PostgreSQL, or of the way to it, means for the store at `address`. The one place where it is said.
    init(postgres error: any Error, at address: PostgresAddress) {
        switch error {
        case let error as StoreError: self = error
        case let failure as PostgresFailure: self.init(failure, address.name)
        default: self.init(.unusable, "\(address.name) could not be asked.", detail: "\(type(of: error))")
        }
    }

    /// What libpq says of a connection that could not be made: certificates, files and addresses among it.
    private static func reason(_ failure: PostgresFailure) -> String {
        let said = failure.message.split(separator: " ").joined(separator: " ").prefix(300)
        return said.isEmpty
            ? "it is not known why." : said.hasSuffix(".") || said.hasSuffix("?") ? "\(said)" : "\(said)."
    }

    private init(_ failure: PostgresFailure, _ name: String) {
        let (kind, message): (Kind, String) =
            switch (failure.sqlState ?? "", (failure.sqlState ?? "").prefix(2)) {
            case _ where failure.isCommitUnknown:
                (
                    .unavailable,
                    "The connection to \(name) was lost before it said whether it has stored the change. It is stored whole or "
                        + "not at all: look before you try again."
                )
            case (_, "28"):
                (.configuration, "\(name) does not let this user in. Check the user and the password.")
            case ("3D000", _):
                (.unusable, "\(name) does not exist. Create the database first.")
            case ("57P03", _):
                (.unavailable, "\(name) is starting or stopping. Try again in a moment; nothing was changed.")
            case ("53300", _):
                (.unavailable, "\(name) has no connection free. Try again later; nothing was changed.")
            case ("53100", _):
                (.full, StoreError.full(name).message)
            case ("57014", _):
                (.unavailable, "\(name) took too long, and was told to stop. Nothing was changed.")
            case ("55P03", _), (_, "40"), ("23505", _):
                (.unavailable, "\(name) is busy: others hold what this needs. Try again; nothing was changed.")
            case ("25006", _):
                (.readOnly, "\(name) may only be read: it is a standby, or set so. Nothing was changed.")
            case ("42501", _):
                (.readOnly, "\(name) does not let this user do that. Nothing was changed.")
            case ("3F000", _), ("42P01", _), ("42703", _):
                (.unusable, "\(name) does not hold a store that this version knows.")
            case (_, "XX"), (_, "58"):
                (.unusable, "\(name) cannot read or write its files. Look at the server's log.")
            case _ where failure.isConnectionLost && failure.isTimeout:
                (.unavailable, "\(name) does not answer in time. Nothing was changed.")
            case _ where failure.isConnectionLost, (_, "08"), (_, "57"), (_, "53"):
                (.unavailable, "\(name) cannot be reached: \(Self.reason(failure)) Nothing was changed.")
            default:
                (.unusable, "\(name) did not understand what it was asked.")
            }
        let code = failure.sqlState.map { "PostgreSQL \($0)" }
        self.init(kind, message, detail: [code, failure.message].compactMap(\.self).joined(separator: ": "))
    }
}
