import VisitorSessions

/// An error from the server or the connection to it.
struct PostgresFailure: Error {
    /// The SQLSTATE (PostgreSQL, appendix A). `nil`: not reported.
    var sqlState: String?

    /// One line, which quotes no parameter values.
    var message: String

    /// Whether the connection was lost.
    var isConnectionLost: Bool

    /// Whether this side timed out.
    var isTimeout = false

    /// The index of the server that didn't respond, if there are several.
    var silentHost: Int?

    /// Whether the connection was lost during a commit, whose outcome is therefore unknown.
    var isCommitUnknown = false

    /// The SQLSTATE of a failed connection. PgBouncer uses one code for all refusals and explains them only in English.
    static func sqlState(_ code: String?, saying message: String) -> String? {
        guard code == "08P01" else { return code }
        if message.contains("authentication failed") || message.contains("no such user") { return "28P01" }
        return message.contains("does not exist") ? "3D000" : code
    }

    /// A conflict between transactions, rolled back by the server: retrying may succeed.
    var isConflict: Bool {
        guard !isCommitUnknown, let sqlState else { return false }
        return ["40001", "40P01", "23505"].contains(sqlState)
    }
}

extension StoreError {
    /// What a failure of PostgreSQL or the connection means for the store at `address`.
    init(postgres error: any Error, at address: PostgresAddress) {
        switch error {
        case let error as StoreError: self = error
        case let failure as PostgresFailure: self.init(failure, address.name)
        default: self.init(.unusable, "\(address.name) couldn't be queried.", detail: "\(type(of: error))")
        }
    }

    /// libpq's reason for a failed connection, such as an invalid certificate or an unknown host.
    private static func reason(_ failure: PostgresFailure) -> String {
        let said = failure.message.split(separator: " ").joined(separator: " ").prefix(300)
        return said.isEmpty
            ? "the reason is unknown." : said.hasSuffix(".") || said.hasSuffix("?") ? "\(said)" : "\(said)."
    }

    private init(_ failure: PostgresFailure, _ name: String) {
        let (kind, message): (Kind, String) =
            switch (failure.sqlState ?? "", (failure.sqlState ?? "").prefix(2)) {
            case _ where failure.isCommitUnknown:
                (
                    .unavailable,
                    "The connection to \(name) was lost during a commit. The change was stored completely or not at all: "
                        + "check before you try again."
                )
            case (_, "28"):
                (.configuration, "\(name) rejected the login. Check the user and password.")
            case ("3D000", _):
                (.unusable, "\(name) doesn't exist. Create the database first.")
            case ("57P03", _):
                (.unavailable, "\(name) is starting or stopping. Nothing was changed; try again shortly.")
            case ("53300", _):
                (.unavailable, "\(name) has no free connections. Nothing was changed; try again later.")
            case ("53100", _):
                (.full, StoreError.full(name).message)
            case ("57014", _):
                (.unavailable, "\(name) took too long, so the statement was cancelled. Nothing was changed.")
            case ("55P03", _), (_, "40"), ("23505", _):
                (.unavailable, "\(name) is busy: another transaction holds a lock. Nothing was changed; try again.")
            case ("25006", _):
                (.readOnly, "\(name) is read-only: a standby server, or configured that way. Nothing was changed.")
            case ("42501", _):
                (.readOnly, "The database user isn't allowed to change \(name). Nothing was changed.")
            case ("3F000", _), ("42P01", _), ("42703", _):
                (.unusable, "\(name) doesn't contain a store of a known version.")
            case (_, "XX"), (_, "58"):
                (.unusable, "\(name) can't read or write its files. Check the server's log.")
            case _ where failure.isConnectionLost && failure.isTimeout:
                (.unavailable, "\(name) isn't responding. Nothing was changed.")
            case _ where failure.isConnectionLost, (_, "08"), (_, "57"), (_, "53"):
                (.unavailable, "\(name) is unreachable: \(Self.reason(failure)) Nothing was changed.")
            default:
                (.unusable, "Unexpected database error from \(name).")
            }
        let code = failure.sqlState.map { "PostgreSQL \($0)" }
        self.init(kind, message, detail: [code, failure.message].compactMap(\.self).joined(separator: ": "))
    }
}
