import Foundation
import TestProcesses
import Testing

/// A small tmpfs in its own mount namespace, if the tests may create one. It's removed with this object.
final class MountedDisk: Sendable {
    /// The mount point, for programs run through ``launcher``.
    let path: String
    private let holder: ChildProcess
    private let sandbox: Sandbox

    /// Prints once why the tests that need one are skipped.
    static let isPermitted = { () -> Bool in
        let isPermitted =
            (try? ChildProcess(
                unshare + ["mount", "-t", "tmpfs", "tmpfs", "/mnt"], environment: ProcessInfo.processInfo.environment
            )
            .waitForEnd()) == 0
        if !isPermitted { FileHandle.standardError.write(Data("SKIPPED: mounting isn't permitted here.\n".utf8)) }
        return isPermitted
    }()

    private static let isRoot = geteuid() == 0
    private static let unshare = isRoot ? ["unshare", "-m"] : ["unshare", "-rm"]

    /// Runs a program inside the mount namespace.
    var launcher: [String] {
        ["nsenter", "-t", "\(holder.id)", "-m"] + (Self.isRoot ? [] : ["-U", "--preserve-credentials"]) + ["--"]
    }

    init(_ sandbox: Sandbox, size: String = "3m") async throws {
        self.sandbox = sandbox
        path = sandbox.scratchFile()
        try FileManager.default.createDirectory(atPath: path, withIntermediateDirectories: false)
        let output = sandbox.scratchFile()
        let script = "mount -t tmpfs -o size=\(size) tmpfs '\(path)' && echo mounted && exec sleep 600"
        holder = try ChildProcess(
            Self.unshare + ["sh", "-c", script], environment: sandbox.environment(), output: output, errors: output)
        let deadline = ContinuousClock.now + .seconds(30)
        while try String(contentsOfFile: output, encoding: .utf8).isEmpty, ContinuousClock.now < deadline {
            try await ContinuousClock().sleep(for: .milliseconds(5))
        }
        try #require(try String(contentsOfFile: output, encoding: .utf8) == "mounted\n")
    }

    deinit {
        kill(holder.id, SIGKILL)
        holder.waitForEnd()
    }

    /// Runs a shell script on the disk. It must succeed.
    @discardableResult
    func shell(_ script: String) async throws -> String {
        let run = try await sandbox.execute(launcher + ["sh", "-ec", "cd '\(path)'; \(script)"])
        #expect(run.status == 0, "\(script): \(run.errors)")
        return run.output
    }

    /// Uses up all free space.
    func fill() async throws {
        try await shell("cat /dev/zero > fill 2>/dev/null || true")
        #expect(
            try await shell("df -B1 --output=avail . | tail -1").trimmingCharacters(in: .whitespacesAndNewlines) == "0")
    }
}
