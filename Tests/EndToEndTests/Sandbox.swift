import Foundation
import TestProcesses
import Testing
import VisitorSessions

/// An empty home folder and the program in it, as on a new machine.
final class Sandbox: Sendable {
    static let clientID = "de000000-0000-4000-8000-000000000001"

    let home: URL

    /// For files outside the home folder. Removed with it. Its path is short enough for sockets.
    private let scratch: URL

    init() throws {
        let folder = FileManager.default.temporaryDirectory.appending(path: "inspector-\(SessionID().prefix(8))")
        (home, scratch) = (folder.appending(path: "home"), folder.appending(path: "scratch"))
        for folder in [home, scratch] {
            try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
        }
    }

    deinit {
        do {
            try FileManager.default.removeItem(at: home.deletingLastPathComponent())
        } catch {
            // Already removed.
        }
    }

    /// The program under test, built next to the tests.
    static var program: URL {
        URL(filePath: CommandLine.arguments[0]).deletingLastPathComponent().appending(path: "session-inspector")
    }

    func environment(_ more: [String: String] = [:]) -> [String: String] {
        let inherited = ProcessInfo.processInfo.environment.filter { ["PATH", "LD_LIBRARY_PATH"].contains($0.key) }
        let own = [
            "HOME": home.path, "TMPDIR": scratch.path, "LANG": "C.UTF-8", "TERM": "xterm-256color",
            "WIX_CLIENT_ID": Self.clientID,
        ]
        return inherited.merging(own) { $1 }.merging(more) { $1 }
    }

    /// Whether libfaketime is installed.
    static let hasWrongClocks = FileManager.default.isExecutableFile(atPath: "/usr/bin/faketime")

    /// Prefix that runs a program with a wrong wall clock. The monotonic clock, and so every timer, stays correct.
    ///
    /// A killed `faketime` leaves its semaphore behind, and a later one with the same process ID would fail: remove it.
    static func wrongClock(_ error: String) -> [String] {
        let script = """
            rm -f /dev/shm/sem.faketime_sem_$$ /dev/shm/faketime_shm_$$; \
            exec faketime --exclude-monotonic -f "$0" "$@"
            """
        return ["sh", "-c", script, error]
    }

    struct Run {
        var status: Int32
        var output: String
        var errors: String
    }

    /// Runs the program until it exits.
    ///
    /// - Parameter launcher: A program and arguments that run the command after them.
    func run(
        _ arguments: [String], input: String = "", environment more: [String: String] = [:],
        through launcher: [String] = []
    ) async throws -> Run {
        try await execute(launcher + [Self.program.path] + arguments, input: input, environment: more)
    }

    /// Runs any program until it exits.
    func execute(
        _ words: [String], input: String = "", environment more: [String: String] = [:]
    ) async throws -> Run {
        let files = (0..<3).map { _ in scratchFile() }
        defer { for file in files { unlink(file) } }
        try Data(input.utf8).write(to: URL(filePath: files[0]))
        let child = try ChildProcess(
            words, environment: environment(more), input: files[0], output: files[1], errors: files[2])
        return Run(
            status: await child.end(), output: try String(contentsOfFile: files[1], encoding: .utf8),
            errors: try String(contentsOfFile: files[2], encoding: .utf8))
    }

    /// An unused path outside the home folder.
    func scratchFile() -> String {
        scratch.appending(path: UUID().uuidString).path
    }

    /// The output of `list --json`.
    func sessions(_ arguments: [String] = []) async throws -> [[String: Any]] {
        let run = try await run(["list", "--json"] + arguments)
        #expect(run.status == 0, "\(run.errors)")
        return try #require(try JSONSerialization.jsonObject(with: Data(run.output.utf8)) as? [[String: Any]])
    }

    /// Every file written, with its mode.
    func files() -> [(path: String, mode: Int)] {
        guard let walk = FileManager.default.enumerator(atPath: home.path) else { return [] }
        return walk.compactMap { $0 as? String }.compactMap { path in
            var status = stat()
            guard lstat(home.path + "/" + path, &status) == 0, status.st_mode & S_IFMT == S_IFREG else { return nil }
            return (path, Int(status.st_mode & 0o777))
        }
    }
}
