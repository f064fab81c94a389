import DevelopmentIssuer
import Foundation
import Testing

@Suite struct DevelopmentIssuerServerTests {
    @Test("The error names a port that is already in use")
    func portInUse() async throws {
        let first = DevelopmentIssuerServer()
        var options = TestIssuer.Options()
        options.port = try await first.start()
        let error = await #expect(throws: DevelopmentIssuerError.self) {
            try await DevelopmentIssuerServer(options).start()
        }
        #expect(error?.description.hasPrefix("Port \(options.port) is already in use.") == true)
        await first.stop()
    }

    @Test("A stopped server releases its port and can be started again")
    func restart() async throws {
        var options = TestIssuer.Options()
        // Outside the ephemeral range, so that no other socket takes it while it's free.
        var port: UInt16?
        while port == nil {
            options.port = .random(in: 20_000..<30_000)
            do {
                let first = DevelopmentIssuerServer(options)
                port = try await first.start()
                await first.stop()
                await first.stop()
            } catch {
                continue  // The port is in use.
            }
        }
        let second = DevelopmentIssuerServer(options)
        #expect(try await start(second) == options.port)
        await #expect(throws: DevelopmentIssuerError.self) { try await second.start() }
        await second.stop()
        #expect(try await start(second) == options.port)
        await second.stop()
    }

    /// Retries while the port is busy: a process being spawned by another test briefly holds a copy of every socket.
    private func start(_ server: DevelopmentIssuerServer) async throws -> UInt16 {
        for _ in 0..<100 {
            do {
                return try await server.start()
            } catch {
                try await ContinuousClock().sleep(for: .milliseconds(20))
            }
        }
        return try await server.start()
    }

    @Test("Tokens survive a restart with a state folder, whose key only its owner can read")
    func tokensSurviveRestart() async throws {
        let folder = FileManager.default.temporaryDirectory.appending(path: UUID().uuidString)
        defer { try? FileManager.default.removeItem(at: folder) }
        var options = TestIssuer.Options()
        options.stateFolder = folder
        var refresh = ""
        try await TestIssuer.with(options) { refresh = try await $0.pair().refresh }
        try await TestIssuer.with(options) { issuer in
            let answer = try await issuer.renew(refresh)
            #expect(answer.status == 200)
        }
        try await TestIssuer.with { issuer in
            let answer = try await issuer.renew(refresh)
            #expect(answer.status == 400)
        }
        let file = folder.appending(path: "signing.key").path
        let mode = try FileManager.default.attributesOfItem(atPath: file)[.posixPermissions] as? NSNumber
        #expect(mode?.intValue == 0o600)
        #expect(try FileManager.default.contentsOfDirectory(atPath: folder.path) == ["signing.key"])
    }

    @Test("Replaced and revoked tokens stay invalid after a restart, even if the log's last entry is incomplete")
    func revocationsSurviveRestart() async throws {
        let folder = FileManager.default.temporaryDirectory.appending(path: UUID().uuidString)
        defer { try? FileManager.default.removeItem(at: folder) }
        var options = TestIssuer.Options()
        options.stateFolder = folder
        options.rotate = true
        var (replaced, new, revoked) = ("", "", "")
        try await TestIssuer.with(options) { issuer in
            replaced = try await issuer.pair().refresh
            new = try await issuer.renew(replaced).text("refresh_token")
            revoked = try await issuer.pair().refresh
            #expect(
                try await issuer.send(
                    "POST", "/development/revoke", body: #"{"refreshToken":"\#(revoked)"}"#
                ).status == 200)
        }
        let file = folder.appending(path: "revocations")
        let handle = try FileHandle(forWritingTo: file)
        try handle.seekToEnd()
        try handle.write(contentsOf: Data("\nreplaced 1a".utf8))
        try handle.close()
        var newest = ""
        try await TestIssuer.with(options) { issuer in
            #expect(try await issuer.renew(replaced).status == 400)
            #expect(try await issuer.counts().reuses == 1)
            #expect(try await issuer.renew(revoked).status == 400)
            newest = try await issuer.renew(new).text("refresh_token")
            #expect(!newest.isEmpty)
        }
        try await TestIssuer.with(options) { issuer in
            let reused = try await issuer.renew(new)
            #expect(reused.status == 400)
            let revoked = try await issuer.send("POST", "/development/revoke", body: "{}")
            #expect(revoked.status == 200)
        }
        try await TestIssuer.with(options) { issuer in
            #expect(try await issuer.renew(newest).status == 400)
            let other = try await issuer.pair().refresh
            #expect(try await issuer.renew(other).status == 200)
        }
        let mode = try FileManager.default.attributesOfItem(atPath: file.path)[.posixPermissions] as? NSNumber
        #expect(mode?.intValue == 0o600)
    }

    @Test("An invalid key file is reported and left unchanged")
    func damagedKey() async throws {
        let folder = FileManager.default.temporaryDirectory.appending(path: UUID().uuidString)
        defer { try? FileManager.default.removeItem(at: folder) }
        try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
        try Data("short".utf8).write(to: folder.appending(path: "signing.key"))
        var options = TestIssuer.Options()
        options.stateFolder = folder
        let error = await #expect(throws: DevelopmentIssuerError.self) {
            try await DevelopmentIssuerServer(options).start()
        }
        #expect(error?.description.contains("isn't a signing key") == true)
    }

    @Test("A hundred concurrent visitors get a hundred pairs")
    func concurrency() async throws {
        try await TestIssuer.with { issuer in
            let pairs = try await withThrowingTaskGroup(of: String.self) { group in
                for _ in 0..<100 { group.addTask { try await issuer.pair().refresh } }
                return try await group.reduce(into: Set()) { $0.insert($1) }
            }
            #expect(pairs.count == 100)
            #expect(try await issuer.counts().issued == 100)
        }
    }
}
