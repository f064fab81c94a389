import Foundation
import TestProcesses
import Testing

/// The `run` command with real Node processes, and a development issuer in place of Wix.
@Suite(
    "Recording a Node application",
    .enabled(
        if: FileManager.default.isExecutableFile(atPath: "/usr/bin/node"),
        "node is not installed: nothing here was tested."), .timeLimit(.minutes(2)))
struct RunTests {
    /// What the JavaScript SDK does: a new visitor, a renewal, and another visitor if that fails.
    private static let site = """
        const grant = async (body) => {
          const response = await fetch('https://www.wixapis.com/oauth2/token', {
            method: 'POST', headers: {'Content-Type': 'application/json'}, body: JSON.stringify(body)});
          if (!response.ok) throw new Error('refused');
          return response.json();
        };
        const clientId = 'de000000-0000-4000-8000-000000000001';
        const visitor = await grant({clientId, grantType: 'anonymous'});
        try {
          await grant({refreshToken: visitor.refresh_token, grantType: 'refresh_token'});
          console.log('renewed');
        } catch {
          await grant({clientId, grantType: 'anonymous'});
          console.log('replaced');
        }
        process.exit(Number(process.argv[2] ?? 0));
        """

    private static let tokens =
        #"{"accessToken":{"value":"access-of-another"},"refreshToken":{"value":"refresh-of-another"}}"#

    private let sandbox: Sandbox
    private let script: String

    init() throws {
        sandbox = try Sandbox()
        script = sandbox.home.appending(path: "site.mjs").path
        try Data(Self.site.utf8).write(to: URL(filePath: script))
    }

    @Test("The application's session is stored, and its output and exit code are passed on")
    func session() async throws {
        let run = try await sandbox.run(["run", "--issuer", "local", "--label", "shop", "--", "node", script, "7"])
        #expect(run.status == 7 && run.output == "renewed\n", "\(run.errors)")
        #expect(run.errors.contains("Recorded 2 calls. New visitors: 1. Renewals: 1"), "\(run.errors)")
        let sessions = try await sandbox.sessions()
        #expect(sessions.count == 1 && sessions[0]["label"] as? String == "shop")
        #expect(sessions[0]["renewalCount"] as? Int == 1)
    }

    @Test("With the URL of a running development issuer, that one responds in place of Wix")
    func runningIssuer() async throws {
        let issuer = try await Issuer(sandbox)
        defer { issuer.stop() }
        let run = try await sandbox.run(["run", "--issuer", issuer.url, "--", "node", script, "7"])
        #expect(run.status == 7 && run.output == "renewed\n", "\(run.errors)")
        #expect(try await issuer.stats()["redemptions"] == 1)
        #expect(try await sandbox.sessions().first?["issuer"] as? String == issuer.url)
    }

    @Test("If nothing responds at the issuer's URL, the application isn't started")
    func noIssuer() async throws {
        let run = try await sandbox.run(["run", "--issuer", "http://127.0.0.1:1", "--", "node", script, "7"])
        #expect(run.status == 69 && run.output.isEmpty, "\(run)")
        #expect(run.errors.contains("Nothing responds at http://127.0.0.1:1."), "\(run.errors)")
    }

    @Test("A dropped renewal ends in the lost-visitor alarm, which names both sessions")
    func lostVisitor() async throws {
        let run = try await sandbox.run(["run", "--fault", "drop@1:renew", "--", "node", script])
        #expect(run.status == 0 && run.output == "replaced\n", "\(run.errors)")
        let ids = try await sandbox.sessions().compactMap { $0["id"] as? String }
        #expect(ids.count == 2)
        let alarm = try #require(run.errors.split(separator: "\n").last { $0.contains("Visitor lost: session ") })
        #expect(ids.allSatisfy { alarm.contains($0) }, "\(run.errors)")
        let histories = try await ids.asyncMap { try await sandbox.run(["show", $0]).output }
        let requests = try await ids.asyncMap { try await sandbox.run(["show", $0, "--requests"]).output }
        #expect(requests.contains { $0.contains("fault") }, "\(requests)")
        #expect(histories.contains { $0.contains("lost · replaced by session") }, "\(histories)")
    }

    @Test("A session is live while its application runs, and its requests are listed")
    func requests() async throws {
        let done = sandbox.scratchFile()
        let waiting = Self.site.replacing(
            "process.exit(",
            with:
                "while (!(await import('fs')).existsSync('\(done)')) await new Promise((go) => setTimeout(go, 20));\nprocess.exit("
        )
        try Data(waiting.utf8).write(to: URL(filePath: script))
        let watched = sandbox.scratchFile()
        // The store must exist before it is watched.
        _ = try await sandbox.run(["set", "--new"], input: Self.tokens)
        let watch = try ChildProcess(
            [Sandbox.program.path, "watch", "--requests", "--json"], environment: sandbox.environment(), output: watched
        )
        defer { kill(watch.id, SIGKILL) }
        async let run = sandbox.run(["run", "--issuer", "local", "--label", "shop", "--", "node", script])
        let deadline = ContinuousClock.now + .seconds(30)
        var live: [[String: Any]] = []
        while live.isEmpty, ContinuousClock.now < deadline {
            live = try await sandbox.sessions(["--filter", "live:on source:shop"])
        }
        #expect(live.count == 1)
        try Data().write(to: URL(filePath: done))
        let ended = try await run
        #expect(ended.status == 0, "\(ended.errors)")
        #expect(try await sandbox.sessions(["--filter", "live:on"]).isEmpty)
        let session = try #require(try await sandbox.sessions(["--filter", "live:off source:shop"]).first)
        let use = try #require(session["live"] as? [String: Any])
        #expect(use["requestCount"] as? Int == 2 && use["lastStatus"] as? Int == 200 && use["isLive"] as? Bool == false)
        let id = try #require(session["id"] as? String)
        let shown = try await sandbox.run(["show", id, "--requests"])
        #expect(shown.output.contains("was live in                     shop (node "), "\(shown.output)")
        #expect(shown.output.contains("POST /oauth2/token (refresh_token) 200"), "\(shown.output)")
        let listed = try await sandbox.run(["show", id, "--requests", "--json"])
        #expect(listed.output.contains("\"grant\" : \"anonymous\""), "\(listed.output)")
        let lines = try String(contentsOfFile: watched, encoding: .utf8).split(separator: "\n")
        #expect(lines.count { $0.contains("\"path\":\"/oauth2/token\"") } == 2, "\(lines)")
    }

    @Test("While the store is locked, the application goes on, and its tokens are saved elsewhere")
    func lockedStore() async throws {
        let (ready, locked, done) = (sandbox.scratchFile(), sandbox.scratchFile(), sandbox.scratchFile())
        let wait = """
            const fs = await import('fs');
            fs.writeFileSync('\(ready)', '');
            while (!fs.existsSync('\(locked)')) await new Promise((go) => setTimeout(go, 20));

            """
        try Data((wait + Self.site).utf8).write(to: URL(filePath: script))
        async let running = sandbox.run(["run", "--issuer", "local", "--", "node", script, "7"])
        try await Self.wait(for: ready)
        let store = sandbox.home.appending(path: ".local/state/session-inspector/sessions.sqlite").path
        let lock = try ChildProcess(
            [
                "sqlite3", store, "BEGIN IMMEDIATE",
                ".shell touch '\(locked)'; while [ ! -e '\(done)' ]; do sleep 0.05; done",
            ], environment: sandbox.environment())
        let run = try await running
        try Data().write(to: URL(filePath: done))
        #expect(await lock.end() == 0)
        #expect(run.status == 7 && run.output == "renewed\n", "\(run.errors)")
        #expect(run.errors.contains("Some calls can't be recorded: "), "\(run.errors)")
        #expect(run.errors.contains("couldn't be stored. The session's tokens were saved"), "\(run.errors)")
        #expect(try await sandbox.sessions().isEmpty)
    }

    private static func wait(for file: String) async throws {
        let deadline = ContinuousClock.now + .seconds(30)
        while !FileManager.default.fileExists(atPath: file), ContinuousClock.now < deadline {
            try await Task.sleep(for: .milliseconds(20))
        }
    }

    @Test("A folder for sockets whose path is too long is replaced by one that isn't")
    func longSocketPath() async throws {
        let folder = sandbox.home.appending(path: String(repeating: "x", count: 120), directoryHint: .isDirectory)
        try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: false)
        let run = try await sandbox.run(
            ["run", "--issuer", "local", "--", "node", script, "7"],
            environment: ["XDG_RUNTIME_DIR": folder.path, "TMPDIR": folder.path])
        #expect(run.status == 7 && run.errors.contains("Recorded 2 calls"), "\(run.errors)")
    }

    @Test("An application gets another visitor's tokens and its own back without a restart")
    func substituted() async throws {
        let sites = try ["one", "two"].map { try SiteSteps(in: URL(filePath: sandbox.scratchFile() + $0)) }
        let commands = sites.map { "node \(SiteSteps.script) www.wixapis.com:443 \($0.folder)" }
        async let run = sandbox.run(
            ["run", "--issuer", "local", "--", "sh", "-c", "\(commands[0]) & \(commands[1]); wait"])
        let own = try await sites[0].take("call")
        let other = try await sites[1].take("call")
        #expect(own != other && own.hasPrefix("200 "))
        func session(of result: String) async throws -> String {
            let deadline = ContinuousClock.now + .seconds(30)
            while ContinuousClock.now < deadline {
                let found = try await sandbox.sessions(["--filter", String(result.dropFirst(4))])
                if let id = found.first?["id"] as? String { return id }
            }
            throw POSIXError(.ETIMEDOUT)
        }
        let (id, target) = (try await session(of: own), try await session(of: other))
        let substituted = try await sandbox.run(["live", "substitute", id, "--with", target])
        #expect(substituted.status == 0, "\(substituted.errors)")
        #expect(try await sites[0].take("call", until: other) == other)
        #expect(try await sites[0].take("renew") == "200")
        #expect(try await sites[0].take("call") == other)
        let listed = try await sandbox.run(["live", "list"])
        #expect(listed.output.contains(id.prefix(8)) && listed.output.contains(target.prefix(8)), "\(listed.output)")
        let withdrawn = try await sandbox.run(["live", "withdraw", id])
        #expect(withdrawn.status == 0, "\(withdrawn.errors)")
        #expect(try await sites[0].take("call", until: own) == own)
        #expect(try await sandbox.run(["live", "withdraw", id]).status == 66)
        for site in sites { try site.begin("end") }
        let ended = try await run
        #expect(ended.status == 0, "\(ended.errors)")
        let shown = try await sandbox.run(["show", target, "--requests"])
        #expect(shown.output.contains("substituted"), "\(shown.output)")
    }

    @Test("A signal ends the command, and a missing one is reported")
    func ends() async throws {
        let killed = try await sandbox.run(["run", "--", "sh", "-c", "kill -TERM $$"])
        #expect(killed.status == 143)
        #expect(killed.errors.contains("No call to www.wixapis.com was recorded"), "\(killed.errors)")
        let missing = try await sandbox.run(["run", "--", "no-such-command"])
        #expect(missing.status == 127 && missing.errors.contains("can't be run"), "\(missing.errors)")
    }
}

extension Sequence {
    fileprivate func asyncMap<Value>(_ transform: (Element) async throws -> Value) async rethrows -> [Value] {
        var values: [Value] = []
        for element in self { values.append(try await transform(element)) }
        return values
    }
}
