import Foundation
import Testing

@Suite("A store that can't be written", .timeLimit(.minutes(2)))
struct UnwritableStoreTests {
    private let sandbox: Sandbox
    private let issuer: Issuer
    private let folder: String

    private var store: String { folder + "/sessions.sqlite" }

    init() async throws {
        sandbox = try Sandbox()
        issuer = try await Issuer(sandbox)
        folder = sandbox.scratchFile()
        let run = try await sandbox.run(["generate", "--store", store, "--issuer", issuer.url, "--label", "cart"])
        #expect(run.status == 0, "\(run.errors)")
        try await checkpoint()
    }

    /// Moves the log into the database and removes it.
    private func checkpoint() async throws {
        let run = try await sandbox.execute(["sqlite3", store, "PRAGMA wal_checkpoint(TRUNCATE)"])
        #expect(run.status == 0, "\(run.errors)")
        for suffix in ["-wal", "-shm"] { unlink(store + suffix) }
    }

    private func requireReadable(through launcher: [String], environment: [String: String] = [:]) async throws {
        for arguments in [["list"], ["show", "cart"], ["export", "cart", "--as", "session"], ["token", "cart"]] {
            for option in [[], ["--read-only"]] {
                let run = try await sandbox.run(
                    arguments + option + ["--store", store], environment: environment, through: launcher)
                #expect(run.status == 0 && !run.output.isEmpty, "\(arguments): \(run.errors)")
                #expect(run.errors.isEmpty)
            }
        }
        let renewal = try await sandbox.run(
            ["renew", "cart", "--store", store, "--issuer", issuer.url], environment: environment, through: launcher)
        #expect(renewal.status == 77 && renewal.errors.contains("isn't writable"), "\(renewal.errors)")
    }

    @Test("It can be read on a read-only mount", .enabled(if: MountedDisk.isPermitted))
    func readOnlyMount() async throws {
        let disk = try await MountedDisk(sandbox)
        try await disk.shell("mount --bind '\(folder)' '\(folder)'; mount -o remount,ro,bind '\(folder)'")
        try await requireReadable(through: disk.launcher)
    }

    @Test(
        "On a read-only mount, a log is read with its index; a missing index is reported",
        .enabled(if: MountedDisk.isPermitted))
    func readOnlyMountWithLog() async throws {
        // An unclosed connection leaves the log, as a killed program does.
        let script = "(echo \"UPDATE session SET label = 'later';\"; echo '.system kill -9 $PPID') | sqlite3 '\(store)'"
        _ = try await sandbox.execute(["sh", "-c", script])
        try #require(FileManager.default.fileExists(atPath: store + "-wal"))
        let disk = try await MountedDisk(sandbox)
        try await disk.shell("mount --bind '\(folder)' '\(folder)'; mount -o remount,ro,bind '\(folder)'")
        let list = try await sandbox.run(["list", "--store", store], through: disk.launcher)
        #expect(list.status == 0 && list.output.contains("later"), "\(list.errors)")

        unlink(store + "-shm")
        let missing = try await sandbox.run(["list", "--store", store], through: disk.launcher)
        #expect(missing.status == 77, "\(missing.errors)")
        #expect(missing.errors.contains("sessions.sqlite-wal") && missing.errors.contains("needs sessions.sqlite-shm"))
        #expect(missing.errors.contains("its file system is read-only"))
    }

    @Test("It can be read in another user's folder", .enabled(if: geteuid() == 0, "Only root can become another user."))
    func otherUser() async throws {
        let key = try String(
            contentsOf: sandbox.home.appending(path: ".config/session-inspector/key"), encoding: .utf8)
        chmod(folder, 0o755)
        chown(store, 65534, 65534)
        let home = sandbox.scratchFile()
        try FileManager.default.createDirectory(atPath: home, withIntermediateDirectories: false)
        chown(home, 65534, 65534)
        try await requireReadable(
            through: ["setpriv", "--reuid=65534", "--regid=65534", "--clear-groups"],
            environment: ["HOME": home, "SESSION_INSPECTOR_KEY": key.trimmingCharacters(in: .newlines)])
    }
}
