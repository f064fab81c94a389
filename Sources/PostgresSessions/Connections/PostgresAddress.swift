import CPostgres
import Foundation
public import VisitorSessions

/// A PostgreSQL connection URI, passed to libpq unchanged: everything libpq supports works, from `sslmode` and
/// `PGSSLROOTCERT` to `.pgpass` and service files (PostgreSQL, sections 34.1.1 to 34.17).
public struct PostgresAddress: Sendable {
    /// May contain a password. Passed only to libpq.
    let uri: Secret

    /// Server and database for display, without user and password.
    public let name: String

    private let password: Secret?

    /// The connection time-out from the URI or the environment, if either sets one.
    let connectTimeout: Duration?

    /// The servers in libpq's order, if there are several.
    let hosts: [(host: String, port: String)]

    /// Whether `text` has a PostgreSQL scheme, valid or not.
    public static func isPostgresURI(_ text: String) -> Bool {
        ["postgres://", "postgresql://"].contains { text.lowercased().hasPrefix($0) }
    }

    /// Throws ``StoreError/Kind-swift.enum/configuration`` if libpq can't parse `text` or isn't installed. Loads libpq,
    /// so nothing else has to.
    public init(_ text: String) throws(StoreError) {
        if let reason = cpostgres_load() {
            throw StoreError(.configuration, "Can't open PostgreSQL stores: \(String(cString: reason)).")
        }
        guard let options = PQconninfoParse(text, nil) else { throw Self.unreadable }
        defer { PQconninfoFree(options) }
        var values: [String: String] = [:]
        var option = options
        while let keyword = option.pointee.keyword {
            if let value = option.pointee.val { values[String(cString: keyword)] = String(cString: value) }
            option += 1
        }
        // libpq validates ports only when it connects.
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

    /// libpq's own message may quote the password.
    private static let unreadable = StoreError(
        .configuration,
        "Invalid PostgreSQL address. Use postgresql://USER@HOST:PORT/DATABASE, and percent-encode special characters in "
            + "the password.")

    private static func hosts(_ names: String, _ numbers: String) -> [(host: String, port: String)] {
        let names = names.split(separator: ",", omittingEmptySubsequences: false).map(String.init)
        let ports = numbers.split(separator: ",", omittingEmptySubsequences: false).map(String.init)
        // A single port applies to all hosts.
        guard names.count > 1, ports.count == 1 || ports.count == names.count else { return [] }
        return names.enumerated().map { place, name in (name, ports.count == 1 ? ports[0] : ports[place]) }
    }

    /// libpq's message in one line, without the password.
    func redacted(_ message: String) -> String {
        var message = message
        if let password, !password.isEmpty { message = message.replacing(password.reveal(), with: "…") }
        return message.split(whereSeparator: \.isNewline).joined(separator: " ")
    }
}
