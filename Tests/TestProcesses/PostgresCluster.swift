import CPostgres
package import Foundation
import Synchronization
package import Testing

/// A temporary PostgreSQL server on a socket in a temporary folder. It's removed with this object or process, however
/// that ends.
package final class PostgresCluster: Sendable {
    /// Where Debian installs PostgreSQL's own tools.
    private static let programs: URL? = {
        let versions = URL(filePath: "/usr/lib/postgresql")
        let found = try? FileManager.default.contentsOfDirectory(atPath: versions.path)  // No version is installed.
        let newest = found?.max { $0.localizedStandardCompare($1) == .orderedAscending }
        return newest.map { versions.appending(path: "\($0)/bin") }
    }()

    package static var isInstalled: Bool { programs != nil }
    package static let missing: Comment = "PostgreSQL is not installed: nothing here was tested. Install postgresql."

    /// Shared by the tests that don't stop it.
    package static let shared = Result { try PostgresCluster() }

    package let folder: URL

    /// The script that owns the server waits until the other end closes.
    private let lifeline: Int32
    private let owner: ChildProcess
    private let lastNumber = Atomic(0)

    /// Starts a server. Blocks for a second or two.
    ///
    /// - Parameter isMeasured: Whether it syncs to disk like a production server and counts its statements.
    package init(isMeasured: Bool = false) throws {
        guard let programs = Self.programs else { throw POSIXError(.ENOENT) }
        folder = FileManager.default.temporaryDirectory.appending(
            path: "inspector-postgres-\(UUID().uuidString.prefix(8))")
        var ends: [Int32] = [0, 0]
        guard pipe(&ends) == 0 else { throw POSIXError(.EMFILE) }
        for end in ends { _ = fcntl(end, F_SETFD, FD_CLOEXEC) }
        defer { close(ends[0]) }
        lifeline = ends[1]
        let environment = [
            "PATH": "\(programs.path):/usr/sbin:/usr/bin:/sbin:/bin", "FOLDER": folder.path, "LANG": "C.UTF-8",
            "FSYNC": isMeasured ? "on" : "off", "PRELOADED": isMeasured ? "pg_stat_statements" : "",
        ]
        let ready = folder.path + ".ready"
        defer { unlink(ready) }
        owner = try ChildProcess(
            ["/bin/sh", "-c", Self.script], environment: environment, input: "/dev/fd/\(ends[0])", output: ready,
            errors: folder.path + ".log")
        let deadline = ContinuousClock.now + .seconds(120)
        while ContinuousClock.now < deadline {
            let said = (try? String(contentsOfFile: ready, encoding: .utf8)) ?? ""  // Not ready yet.
            if said.contains("ready") { return }
            guard !said.contains("failed") else { throw POSIXError(.EIO) }
            usleep(20_000)
        }
        throw POSIXError(.ETIMEDOUT)
    }

    deinit {
        close(lifeline)
        owner.waitForEnd()
    }

    /// PostgreSQL refuses to run as root, so root runs it as `postgres`.
    private static let script = """
        cd /
        as() { if [ "$(id -u)" = 0 ]; then runuser -u postgres -- "$@"; else "$@"; fi; }
        end() { as pg_ctl -D "$FOLDER/data" -m immediate -w stop; rm -rf "$FOLDER" "$FOLDER.log"; }
        trap '' INT HUP
        mkdir -m 755 "$FOLDER" && if [ "$(id -u)" = 0 ]; then chown postgres "$FOLDER"; fi &&
        as initdb -D "$FOLDER/data" -U postgres -A trust -N -E UTF8 --locale=C.UTF-8 >&2 &&
        cat >> "$FOLDER/data/postgresql.conf" <<END &&
        listen_addresses = ''
        unix_socket_directories = '$FOLDER'
        fsync = $FSYNC
        shared_preload_libraries = '$PRELOADED'
        max_connections = 300
        shared_buffers = 64MB
        autovacuum_naptime = 10s
        END
        as pg_ctl -D "$FOLDER/data" -l "$FOLDER/log" -w start >&2 && echo ready || { echo failed; end; exit 1; }
        cat > /dev/null
        end
        """

    // MARK: Databases

    /// A database's URL, for the user `postgres`.
    package func address(_ database: String, parameters: String = "") -> String {
        "postgresql://postgres@/\(database)?host=\(folder.path)\(parameters)"
    }

    /// Creates an empty database and returns its name.
    package func makeDatabase() throws -> String {
        let name = "test\(lastNumber.add(1, ordering: .relaxed).newValue)"
        try execute("CREATE DATABASE \(name)")
        return name
    }

    /// Runs SQL. Returns the first value of the last statement.
    @discardableResult
    package func execute(_ statements: String, in database: String = "postgres") throws -> String {
        if let reason = cpostgres_load() { throw Refusal(description: String(cString: reason)) }
        let connection = PQconnectdb(address(database))
        defer { PQfinish(connection) }
        let result = PQexec(connection, statements)
        defer { PQclear(result) }
        guard [PGRES_COMMAND_OK, PGRES_TUPLES_OK].contains(PQresultStatus(result)) else {
            throw Refusal(description: String(cString: PQerrorMessage(connection)))
        }
        return PQntuples(result) > 0 ? String(cString: PQgetvalue(result, 0, 0)) : ""
    }

    package struct Refusal: Error, CustomStringConvertible {
        package let description: String
    }

    // MARK: Weather

    /// `fast` or `immediate`.
    package func stop(_ mode: String) throws {
        try control(["-m", mode, "-w", "stop"])
    }

    package func start() throws {
        try control(["-l", folder.appending(path: "log").path, "-w", "start"])
    }

    /// Stops or continues every process of the server.
    package func freeze(_ isFrozen: Bool) throws {
        let main = try String(contentsOf: folder.appending(path: "data/postmaster.pid"), encoding: .utf8)
        let id = main.prefix { $0.isNumber }
        let signal = isFrozen ? "STOP" : "CONT"
        try run(["/bin/sh", "-c", "pkill -\(signal) -P \(id); kill -\(signal) \(id)"])
    }

    private func control(_ arguments: [String]) throws {
        guard let programs = Self.programs else { return }
        try run(
            asServer + [programs.appending(path: "pg_ctl").path, "-D", folder.appending(path: "data").path] + arguments)
    }

    /// Prefix for commands that must run as the server's user.
    package var asServer: [String] { getuid() == 0 ? ["/usr/sbin/runuser", "-u", "postgres", "--"] : [] }

    private func run(_ arguments: [String]) throws {
        let status = try ChildProcess(arguments, environment: ["PATH": "/usr/sbin:/usr/bin:/sbin:/bin"]).waitForEnd()
        guard status == 0 else { throw Refusal(description: "\(arguments) ended with \(status)") }
    }
}
