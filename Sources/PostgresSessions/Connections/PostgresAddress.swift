import CPostgres
import Foundation
public import VisitorSessions

/// Where a PostgreSQL database is, in a connection URI that is handed to libpq whole: what libpq knows works, from
/// `sslmode` and `PGSSLROOTCERT` to `.pgpass` and service files (PostgreSQL, sections 34.1.1 to 34.17).
public struct PostgresAddress: Sendable {
    /// Holds a password, where one is in the URI. It goes to libpq and nowhere else.
    let uri: Secret

    /// Server and database in the words of a person: no user, no password.
    public let name: String

    private let password: Secret?

    /// How long the URI, or the environment, wants a connection to be waited for. `nil`: neither says.
    let connectTimeout: Duration?

    /// Where there are several servers, in the order in which they are tried, as libpq has them.
    let hosts: [(host: String, port: String)]

    /// Whether `text` names a database of this kind, whether it can be read or not.
    public static func isMeant(by text: String) -> Bool {
        ["postgres://", "postgresql://"].contains { text.lowercased().hasPrefix($0) }
    }

    /// Throws ``StoreError/Kind-swift.enum/configuration`` where `text` is no URI that libpq can read, or where there is no
    /// libpq. It is loaded here, before anything else can ask for it.
    public init(_ text: String) throws(StoreError) {
        if let reason = cpostgres_load() {
            throw StoreError(.configuration, "No PostgreSQL store can be opened: \(String(cString: reason)).")
        }
        guard let options = PQconninfoParse(text, nil) else { throw Self.unreadable }
        defer { PQconninfoFree(options) }
        var values: [String: String] = [:]
        var option = options
        while let keyword = option.pointee.keyword {
            if let value = option.pointee.val { values[String(cString: keyword)] = String(cString: value) }
            option += 1
        }
        // libpq looks at numbers only when it connects.
        let ports = (values["port"] ?? "").split(separator: ",")
        guard ports.allSatisfy({ UInt16($0) != nil }) else { throw Self.unreadable }
        uri = Secret(text)
        password = values["password"].map(Secret.init)
        let environment = ProcessInfo.processInfo.environment
        let seconds = (values["connect_timeout"] ?? environment["PGCONNECT_TIMEOUT"]).flatMap { Int($0) } ?? 0
        connectTimeout = seconds > 0 ? .seconds(seconds) : nil
        hosts = values["hostaddr"] == nil ? Self.hosts(values["host"] ?? "", values["port"] ?? "") : []
        let host = values["host"] ?? values["hostaddr"] ?? environment["PGHOST"] ?? ""
        let port = values["port"] ?? environment["PGPORT"]
        let database = values["dbname"] ?? environment["PGDATABASE"] ?? values["service"] ?? "the default database"
        let place = host.isEmpty || host.hasPrefix("/") ? "local" : host
        let server = port == nil || port == "5432" ? place : "\(place):\(port ?? "")"
        name = "postgresql \(server)/\(database)"
    }

    /// What libpq says of it may quote the password.
    private static let unreadable = StoreError(
        .configuration,
        "The address of the PostgreSQL database cannot be read. It is postgresql://USER@HOST:PORT/DATABASE; in a "
            + "password, write % and what stands for the character in two digits.")

    private static func hosts(_ names: String, _ numbers: String) -> [(host: String, port: String)] {
        let names = names.split(separator: ",", omittingEmptySubsequences: false).map(String.init)
        let ports = numbers.split(separator: ",", omittingEmptySubsequences: false).map(String.init)
        // One port is that of all.
        guard names.count > 1, ports.count == 1 || ports.count == names.count else { return [] }
        return names.enumerated().map { place, name in (name, ports.count == 1 ? ports[0] : ports[place]) }
    }

    /// A message of libpq's without the password, should it ever be in one, in one line.
    func redacted(_ message: String) -> String {
        var message = message
        if let password, !password.isEmpty { message = message.replacing(password.reveal(), with: "…") }
        return message.split(whereSeparator: \.isNewline).joined(separator: " ")
    }
}
