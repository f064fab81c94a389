import Foundation
import TestProcesses
import Testing

/// The `run` command when its process, its socket or its environment fail. The application goes on.
@Suite(
    "Faults while a Node application is recorded",
    .enabled(if: StandIn.isAvailable, "node or openssl is not installed: nothing here was tested."),
    .timeLimit(.minutes(2)))
struct RunFaultTests {
    /// Calls on new connections, before and after something happens to the recorder.
    private static let site = """
        const fs = require('fs');
        const https = require('https');
        const crypto = require('crypto');
        const { execFileSync } = require('child_process');
        const [pid, path] = process.env.SESSION_INSPECTOR_RECORDER.split(/:(.*)/s);
        const headers = { Authorization: 'OauthNG.JWS.e30.e30.a-signature-that-no-session-holds' };
        const [deed, isKept] = process.argv[3].split('-');
        const agent = isKept ? new https.Agent({ keepAlive: true, maxSockets: 1 }) : false;
        const call = (path = '/ecom/v1/carts/current') => new Promise((done) => {
          const options = { port: process.argv[2], path, headers, agent };
          https.get(options, (response) => response.resume().on('end', () => done(response.statusCode)))
            .on('error', (error) => done(error.code));
        });
        // Moves eight megabytes in each direction. The recorder is killed in the middle of both.
        const move = () => new Promise((done) => {
          const hash = crypto.createHash('sha256');
          let count = 0;
          const request = https.request({ port: process.argv[2], path: '/mirror', method: 'POST', headers, agent }, (response) => {
            response.on('data', (chunk) => {
              hash.update(chunk);
              if (count < body.length / 2 && count + chunk.length >= body.length / 2) deeds.kill();
              count += chunk.length;
            }).on('end', () => done(hash.digest('hex') === crypto.createHash('sha256').update(body).digest('hex')));
          }).on('error', (error) => done(error.code));
          let sent = 0;
          const send = () => {
            while (sent < body.length) if (!request.write(body.subarray(sent, sent += 65536))) return request.once('drain', send);
            request.end();
          };
          send();
        });
        const body = crypto.randomBytes(8 << 20);
        const deeds = {
          kill: () => process.kill(pid, 'SIGKILL'),
          stop: () => process.kill(pid, 'SIGSTOP'),
          unlink: () => fs.unlinkSync(path),
          move,
          // Another user tries to connect to the recorder.
          user: () => console.log(execFileSync('setpriv', ['--reuid=65534', '--regid=65534', '--clear-groups',
            process.execPath, '-e', `require('net').connect(${JSON.stringify(path)})
              .on('error', (error) => console.log(error.code)).on('connect', function () { this.destroy(); })`],
            { env: {}, cwd: '/' }).toString().trim()),
          print: () => console.log(JSON.stringify([process.argv, process.env])),
        };
        (async () => {
          console.log(await call());
          // A request is in flight meanwhile.
          const slow = deed === 'kill' ? call('/slow') : null;
          if (slow) await new Promise((done) => setTimeout(done, 200));
          const done = await deeds[deed]();
          if (deed === 'move') console.log(done);
          if (slow) console.log(await slow);
          console.log(await call());
          if (deed === 'stop') process.kill(pid, 'SIGCONT');
          agent.destroy?.();
          console.log('went on');
        })();
        """

    private let sandbox: Sandbox
    private let script: String

    init() throws {
        sandbox = try Sandbox()
        script = sandbox.home.appending(path: "site.cjs").path
        try Data(Self.site.utf8).write(to: URL(filePath: script))
    }

    private func run(_ deed: String, _ more: [String] = []) async throws -> Sandbox.Run {
        let standIn = try await StandIn(in: sandbox.home.deletingLastPathComponent())
        defer { standIn.stop() }
        let output = sandbox.scratchFile()
        let environment = sandbox.environment([
            "NODE_EXTRA_CA_CERTS": standIn.certificate, "SESSION_INSPECTOR_RECORDED_HOST": "localhost:\(standIn.port)",
        ])
        let errors = sandbox.scratchFile()
        let child = try ChildProcess(
            [Sandbox.program.path, "run", "--", "node", script, standIn.port, deed] + more, environment: environment,
            output: output, errors: errors)
        let status = await child.end()
        // A killed recorder ends before its application.
        let deadline = ContinuousClock.now + .seconds(30)
        while try !String(contentsOfFile: output, encoding: .utf8).hasSuffix("went on\n"),
            ContinuousClock.now < deadline
        {
            try await Task.sleep(for: .milliseconds(20))
        }
        return Sandbox.Run(
            status: status, output: try String(contentsOfFile: output, encoding: .utf8),
            errors: try String(contentsOfFile: errors, encoding: .utf8))
    }

    @Test("A recorder that is killed loses no request, also not the one in flight")
    func killed() async throws {
        let run = try await run("kill")
        #expect(run.status == 137)
        #expect(run.output == "200\n200\n200\nwent on\n", "\(run.errors)")
        let stored = try await sandbox.sessions(["--filter", "source:node"])
        #expect(stored.count <= 1)
    }

    @Test("A recorder that is killed in the middle of two streams loses no byte of them")
    func killedWhileStreaming() async throws {
        let run = try await run("move")
        #expect(run.status == 137)
        #expect(run.output == "200\ntrue\n200\nwent on\n", "\(run.errors)")
    }

    @Test(
        "If the recorder is killed after it has replaced tokens, the request in flight fails, and the next one is direct"
    )
    func killedWhileSubstituting() async throws {
        let standIn = try await StandIn(in: sandbox.home.deletingLastPathComponent())
        defer { standIn.stop() }
        let steps = try SiteSteps(in: URL(filePath: sandbox.scratchFile()))
        let environment = sandbox.environment([
            "NODE_EXTRA_CA_CERTS": standIn.certificate, "SESSION_INSPECTOR_RECORDED_HOST": "localhost:\(standIn.port)",
        ])
        let child = try ChildProcess(
            [Sandbox.program.path, "run", "--", "node", SiteSteps.script, standIn.port, steps.folder],
            environment: environment)
        defer { kill(child.id, SIGKILL) }
        let own = try await steps.take("call")
        let deadline = ContinuousClock.now + .seconds(30)
        var ids: [String] = []
        while ids.isEmpty, ContinuousClock.now < deadline {
            ids = try await sandbox.sessions(["--filter", "live:on"]).compactMap { $0["id"] as? String }
        }
        let id = try #require(ids.first)
        let tokens = #"{"accessToken":{"value":"access-of-another"},"refreshToken":{"value":"refresh-of-another"}}"#
        let refused = try await sandbox.run(["live", "substitute", id], input: tokens)
        #expect(refused.status == 64 && refused.errors.contains("--yes"), "a running application of Wix is asked for")
        #expect(try await sandbox.sessions().count == 1, "nothing is stored before that")
        let substituted = try await sandbox.run(["live", "substitute", id, "--yes"], input: tokens)
        #expect(substituted.status == 0, "\(substituted.errors)")
        // The stand-in doesn't know this token's visitor.
        #expect(try await steps.take("call", until: "200 ") == "200 ")
        try steps.begin("slow")
        // It is on its way as soon as the server has answered another one.
        try await Task.sleep(for: .milliseconds(200))
        kill(child.id, SIGKILL)
        _ = await child.end()
        #expect(try await steps.result() == "ECONNRESET")
        #expect(try await steps.take("call") == own)
    }

    @Test(
        "A recorder that is stopped, or whose socket is removed, doesn't stop the application",
        arguments: ["stop", "stop-keptAlive", "unlink", "unlink-keptAlive"])
    func absent(deed: String) async throws {
        let run = try await run(deed)
        #expect(run.status == 0 && run.output == "200\n200\nwent on\n", "\(run.errors)")
        #expect(run.errors.contains("Recorded "), "\(run.errors)")
    }

    @Test("With more connections than the recorder has descriptors, no call waits and none fails")
    func manyConnections() async throws {
        let standIn = try await StandIn(in: sandbox.home.deletingLastPathComponent())
        defer { standIn.stop() }
        let site = """
            const https = require('https');
            const [pid] = process.env.SESSION_INSPECTOR_RECORDER.split(':');
            require('child_process').execFileSync('prlimit', ['--pid', pid, '--nofile=64:64']);
            const agent = new https.Agent({ keepAlive: true });
            const call = () => new Promise((done, fail) => https.get({ port: process.argv[2], agent }, (response) =>
              response.resume().on('end', () => done(response.statusCode))).on('error', fail));
            (async () => {
              const start = Date.now();
              const all = await Promise.all([...Array(60).keys()].map(call));
              // The connections stay open.
              const between = await call();
              const ticks = () => require('fs').readFileSync(`/proc/${pid}/stat`, 'utf8').split(') ')[1].split(' ')
                .slice(11, 13).reduce((sum, ticks) => sum + Number(ticks), 0);
              const before = ticks();
              await new Promise((done) => setTimeout(done, 500));
              // Without any left, the recorder's runtime ends it.
              const left = 64 - require('fs').readdirSync(`/proc/${pid}/fd`).length;
              console.log(all.every((status) => status === 200), between, Date.now() - start < 2000,
                ticks() - before < 20, left >= 12);
              agent.destroy();
            })();
            """
        try Data(site.utf8).write(to: URL(filePath: script))
        let run = try await sandbox.run(
            ["run", "--", "node", script, standIn.port],
            environment: [
                "NODE_EXTRA_CA_CERTS": standIn.certificate,
                "SESSION_INSPECTOR_RECORDED_HOST": "localhost:\(standIn.port)",
            ])
        #expect(run.status == 0 && run.output == "true 200 true true true\n", "\(run.output) \(run.errors)")
    }

    @Test(
        "Another user can't connect to the recorder", .enabled(if: getuid() == 0, "Needs root to become another user."))
    func otherUser() async throws {
        let run = try await run("user")
        #expect(run.status == 0 && run.output == "200\nEACCES\n200\nwent on\n", "\(run.errors)")
    }

    @Test("No token is in the application's arguments or environment, nor in a file or message of the run")
    func noTokens() async throws {
        let typed = "OauthNG.JWS.eyJhbGciOiJIUzI1NiJ9.eyJkYXRhIjoidGhpcyBpcyBhIHRva2VuIn0.c2lnbmF0dXJl"
        let run = try await run("print", [typed])
        let token = "a-signature-that-no-session-holds"
        #expect(run.output.contains("went on"), "\(run.errors)")
        let printed = run.output.replacing(typed, with: "")
        #expect(!printed.contains("JWS") && !printed.contains(token), "\(printed)")
        #expect(!run.errors.contains("JWS") && !run.errors.contains(token), "\(run.errors)")
        let files = sandbox.files().map(\.path).filter { $0 != "site.cjs" }
        #expect(files.contains { $0.hasSuffix("sessions.sqlite") })
        for file in files {
            let bytes = try Data(contentsOf: sandbox.home.appending(path: file))
            for secret in [typed, token] { #expect(bytes.range(of: Data(secret.utf8)) == nil, "\(file)") }
        }
        let shown = try await sandbox.sessions()
        let label = try #require(shown.first?["label"] as? String)
        #expect(label.hasPrefix("node ") && label.hasSuffix(" print …"), "\(label)")
    }
}
