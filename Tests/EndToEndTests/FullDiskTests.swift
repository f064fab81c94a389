import Foundation
import Testing

@Suite("A store on a full disk", .enabled(if: MountedDisk.isPermitted), .timeLimit(.minutes(2)))
struct FullDiskTests {
    private let sandbox: Sandbox
    private let disk: MountedDisk
    private let issuer: Issuer

    private var store: [String] { ["--store", disk.path + "/sessions.sqlite", "--issuer", issuer.url] }

    init() async throws {
        sandbox = try Sandbox()
        disk = try await MountedDisk(sandbox)
        issuer = try await Issuer(sandbox, ["--rotate"])
        let generated = try await run(["generate", "--label", "cart"])
        #expect(generated.status == 0, "\(generated.errors)")
    }

    private func run(_ arguments: [String]) async throws -> Sandbox.Run {
        try await sandbox.run(arguments + store, through: disk.launcher)
    }

    /// Renews the session and runs `work` while the request is in flight.
    private func renewing(_ store: [String], _ work: () async throws -> Void) async throws -> Sandbox.Run {
        issuer.pause()
        defer { issuer.resume() }
        async let renewal = sandbox.run(["renew", "cart"] + store, through: disk.launcher)
        while try await !run(["list", "--state", "renewing", "--json"]).output.contains("renewing") {}
        try await work()
        issuer.resume()
        return try await renewal
    }

    @Test("Reading works; other commands report the full disk before sending anything")
    func reading() async throws {
        try await disk.fill()
        for arguments in [["list"], ["show", "cart"], ["export", "cart", "--as", "session"], ["token", "cart"]] {
            let run = try await run(arguments)
            #expect(run.status == 0, "\(arguments): \(run.errors)")
            #expect(!run.output.isEmpty)
        }
        let before = try await issuer.stats()
        for arguments in [["renew", "cart"], ["generate"], ["discard", "cart", "--yes"]] {
            // The last program to close the store may have removed its log, which freed space.
            try await disk.fill()
            let run = try await run(arguments)
            #expect(run.status == 75 && run.errors.contains("is full"), "\(arguments): \(run.errors)")
        }
        #expect(try await issuer.stats() == before)
        try await disk.shell("rm fill")
        #expect(try await run(["renew", "cart"]).status == 0)
    }

    @Test("A log without its index is readable")
    func readsLogWithoutIndex() async throws {
        // As left by a process that ends while it closes the store.
        let keepLog = "'.shell cp sessions.sqlite-wal log'"
        try await disk.shell("sqlite3 sessions.sqlite 'CREATE TABLE other (x)' \(keepLog)")
        try await disk.shell("rm -f sessions.sqlite-*; mv log sessions.sqlite-wal")
        try await disk.fill()
        for _ in 1...2 {
            let list = try await run(["list"])
            #expect(list.status == 0 && list.output.contains("cart"), "\(list.errors)")
        }
    }

    @Test("A store whose log can't be created is still readable")
    func readsWithoutLog() async throws {
        try await disk.shell("sqlite3 sessions.sqlite 'PRAGMA wal_checkpoint(TRUNCATE)'; rm -f sessions.sqlite-*")
        try await disk.fill()
        let list = try await run(["list"])
        #expect(list.status == 0 && list.output.contains("cart"), "\(list.errors)")
    }

    @Test("Reserved space lets a response be stored on a disk that fills up, even via a symbolic link")
    func reservedSpace() async throws {
        let link = sandbox.home.appending(path: ".local/state/session-inspector/sessions.sqlite").path
        try FileManager.default.createSymbolicLink(atPath: link, withDestinationPath: disk.path + "/sessions.sqlite")
        // Return the space reserved for the generated session.
        try await disk.shell("sqlite3 sessions.sqlite 'PRAGMA wal_checkpoint(TRUNCATE)'")
        let renewal = try await renewing(["--store", link, "--issuer", issuer.url]) { try await disk.fill() }
        #expect(renewal.status == 0, "\(renewal.errors)")
        #expect(try await run(["list", "--json"]).output.contains(#""renewalCount" : 1"#))
    }

    @Test("Without space the pair is saved in a private file that can be imported")
    func rescueFile() async throws {
        let renewal = try await renewing(store) {
            try await disk.fill()
            // Another program uses the space reserved for the response.
            let inserts = String(repeating: "INSERT INTO other VALUES (randomblob(3000));\n", count: 200)
            try await disk.shell("sqlite3 sessions.sqlite 'CREATE TABLE other (x); \(inserts)' 2>/dev/null || true")
        }
        #expect(renewal.status == 74)
        #expect(renewal.errors.contains("is full"))
        #expect(!renewal.errors.contains("JWS."))
        let command = try #require(renewal.errors.firstMatch(of: /`session-inspector (set [0-9a-f]{6} (\S+\.json))`/))
        let file = String(command.output.2)
        #expect(try FileManager.default.attributesOfItem(atPath: file)[.posixPermissions] as? Int == 0o600)
        defer { unlink(file) }

        try await disk.shell("rm fill")
        #expect(try await run(command.output.1.split(separator: " ").map(String.init)).status == 0)
        // The issuer has replaced the refresh token: only the new one works.
        let next = try await run(["renew", "cart"])
        #expect(next.status == 0, "\(next.errors)")
    }
}
