import Foundation

/// pgbouncer in transaction mode, in front of a server. It exits with this object or process.
package final class Pooler: Sendable {
    private static let program = "/usr/sbin/pgbouncer"

    package static var isInstalled: Bool { FileManager.default.isExecutableFile(atPath: program) }

    private let cluster: PostgresCluster
    private let lifeline: Int32
    private let owner: ChildProcess
    private let port: Int
    private let isRemote: Bool

    /// Starts it with so few server connections that its clients share them.
    ///
    /// - Parameter isRemote: Whether it's reached over TCP, as if on another machine.
    package init(on cluster: PostgresCluster, port: Int = 6432, isRemote: Bool = false) throws {
        self.cluster = cluster
        self.port = port
        self.isRemote = isRemote
        var ends: [Int32] = [0, 0]
        guard pipe(&ends) == 0 else { throw POSIXError(.EMFILE) }
        for end in ends { _ = fcntl(end, F_SETFD, FD_CLOEXEC) }
        defer { close(ends[0]) }
        lifeline = ends[1]
        owner = try ChildProcess(
            ["/bin/sh", "-c", Self.script],
            environment: [
                "PATH": "/usr/sbin:/usr/bin:/sbin:/bin", "FOLDER": cluster.folder.path, "PORT": "\(port)",
                "ADDRESS": isRemote ? "127.0.0.1" : "",
            ],
            input: "/dev/fd/\(ends[0])")
        let socket = cluster.folder.appending(path: ".s.PGSQL.\(port)").path
        for _ in 0..<500 where !FileManager.default.fileExists(atPath: socket) { usleep(20_000) }
        guard FileManager.default.fileExists(atPath: socket) else { throw POSIXError(.ETIMEDOUT) }
    }

    deinit {
        close(lifeline)
        owner.waitForEnd()
    }

    package func address(_ database: String) -> String {
        isRemote
            ? "postgresql://postgres@127.0.0.1:\(port)/\(database)"
            : cluster.address(database, parameters: "&port=\(port)")
    }

    /// pgbouncer refuses to run as root.
    private static let script = """
        cd /
        as() { if [ "$(id -u)" = 0 ]; then exec runuser -u postgres -- "$@"; else exec "$@"; fi; }
        trap '' INT HUP
        cat > "$FOLDER/pooler-$PORT.ini" <<END
        [databases]
        * = host=$FOLDER user=postgres
        [pgbouncer]
        listen_addr = $ADDRESS
        listen_port = $PORT
        unix_socket_dir = $FOLDER
        auth_type = any
        pool_mode = transaction
        default_pool_size = 3
        max_client_conn = 500
        logfile = $FOLDER/pooler-$PORT.log
        END
        chmod 644 "$FOLDER/pooler-$PORT.ini"
        (as pgbouncer -q "$FOLDER/pooler-$PORT.ini") >/dev/null 2>&1 &
        cat > /dev/null
        kill $!
        wait
        """
}
