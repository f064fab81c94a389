import Foundation
import TestProcesses
import Testing

/// The program against the worst issuers and networks, in its own process.
@Suite("Network failures", .timeLimit(.minutes(4)))
struct TransportTests {
    private static let silent = Data()

    /// The resources that `generate` uses with this issuer.
    private func usage(
        of sandbox: Sandbox, _ issuer: String
    ) async throws -> (status: Int32, processorTime: Duration, memory: Int) {
        try await ChildProcess(
            [Sandbox.program.path, "generate", "--issuer", issuer], environment: sandbox.environment()
        ).usage()
    }

    @Test("Waiting for an issuer uses almost no processor time and stops after thirty seconds")
    func idleWaiting() async throws {
        let sandbox = try Sandbox()
        let refused = try await usage(of: sandbox, "http://127.0.0.1:1")
        let server = try CannedServer(bytes: Self.silent, ending: .stays)
        let start = ContinuousClock.now
        let waited = try await usage(of: sandbox, "http://127.0.0.1:\(server.port)")
        #expect((.seconds(25)...(.seconds(60))).contains(ContinuousClock.now - start))
        #expect(waited.status == 69)
        #expect(waited.processorTime - refused.processorTime < .milliseconds(100))
        #expect(server.requests.count == 1)
    }

    @Test("A response of a gigabyte is cut off and uses little memory")
    func hugeAnswer() async throws {
        let sandbox = try Sandbox()
        let refused = try await usage(of: sandbox, "http://127.0.0.1:1")
        for head in ["HTTP/1.1 200 OK\r\n\r\n", "HTTP/1.1 200 OK\r\nContent-Length: 1073741824\r\n\r\n"] {
            let server = try CannedServer(
                bytes: Data(head.utf8), repeating: Data(repeating: 0x20, count: 1 << 20), times: 1024)
            let read = try await usage(of: sandbox, "http://127.0.0.1:\(server.port)")
            #expect(read.status == 69)
            #expect(refused.memory > 0 && read.memory - refused.memory < 16 << 20)
        }
    }

    @Test("The environment's proxies are used, but never for loopback")
    func proxies() async throws {
        let sandbox = try Sandbox()
        let issuer = try await Issuer(sandbox)
        let proxy = try CannedServer("HTTP/1.1 502 No\r\nContent-Length: 0\r\n\r\n")
        let address = try proxy.url.absoluteString
        let names = ["http_proxy", "all_proxy", "ALL_PROXY", "https_proxy"]
        let settings = Dictionary(uniqueKeysWithValues: names.map { ($0, address) })
        for url in [issuer.url, issuer.url.replacing("127.0.0.1", with: "localhost")] {
            let run = try await sandbox.run(["generate", "--issuer", url], environment: settings)
            #expect(run.status == 0, "\(run.errors)")
        }
        #expect(proxy.requests.isEmpty)
        let session = try #require(try await sandbox.sessions().first?["id"] as? String)
        let run = try await sandbox.run(["request", session, "https://shop.invalid/cart"], environment: settings)
        #expect(run.status == 69 && run.errors.contains("before the request was sent"), "\(run.errors)")
        #expect(proxy.requests.map { $0.hasPrefix("CONNECT shop.invalid:443 ") } == [true])
    }

    @Test("A missing library is reported with its package, only if it's needed")
    func missingLibraries() async throws {
        let sandbox = try Sandbox()
        let folder = sandbox.scratchFile()
        try FileManager.default.createDirectory(atPath: folder, withIntermediateDirectories: true)
        for name in ["libcurl.so.4", "libpq.so.5"] { try Data().write(to: URL(filePath: folder + "/" + name)) }
        let path = [folder, ProcessInfo.processInfo.environment["LD_LIBRARY_PATH"]].compactMap(\.self)
        let settings = ["LD_LIBRARY_PATH": path.joined(separator: ":")]
        let list = try await sandbox.run(["list"], environment: settings)
        #expect(list.status == 0)
        let generate = try await sandbox.run(["generate"], environment: settings)
        #expect(generate.status == 78)
        #expect(generate.errors.contains("libcurl4"))
        let postgres = try await sandbox.run(["list", "--store", "postgresql://localhost/x"], environment: settings)
        #expect(postgres.status == 78)
        #expect(postgres.errors.contains("libpq5"))
    }

    @Test("Neither libcurl nor libpq is loaded at start")
    func loadedLibraries() async throws {
        let sandbox = try Sandbox()
        let file = sandbox.scratchFile()
        let linked = try ChildProcess(["ldd", Sandbox.program.path], environment: sandbox.environment(), output: file)
        #expect(await linked.end() == 0)
        let names = try String(contentsOfFile: file, encoding: .utf8)
        for name in ["libcurl", "libpq", "FoundationNetworking"] { #expect(!names.contains(name)) }
    }

    @Test("A response that arrives while the process is stopped and after that is read")
    func stoppedProcess() async throws {
        let sandbox = try Sandbox()
        let folder = sandbox.home.appending(path: ".config/session-inspector")
        try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
        try Data("profiles:\n  p:\n    policy:\n      flight-deadline: 2s\n".utf8)
            .write(to: folder.appending(path: "config.yml"))
        let process = Shared<pid_t?>(nil)
        let isContinued = Shared(false)
        let pair = #"{"access_token":"a.b.c","expires_in":14400,"refresh_token":"r"}"#
        let answer = "HTTP/1.1 200 OK\r\nContent-Length: \(pair.utf8.count)\r\n\r\n"
        let server = try CannedServer(bytes: Data(answer.utf8), repeating: Data(pair.utf8), times: 1) {
            while process.value == nil { usleep(1000) }
            if let id = process.value { kill(id, SIGSTOP) }
        } onStart: {
            while !isContinued.value { usleep(1000) }
            // Until then, the process has found that its time limit has passed.
            usleep(100_000)
        }
        let child = try ChildProcess(
            [
                Sandbox.program.path, "generate", "--profile", "p", "--issuer", "http://127.0.0.1:\(server.port)",
            ], environment: sandbox.environment())
        process.value = child.id
        // Wait longer than its time limit.
        try await ContinuousClock().sleep(for: .seconds(4))
        kill(child.id, SIGCONT)
        isContinued.value = true
        #expect(await child.end() == 0)
        #expect(try await sandbox.sessions().count == 1)
    }

    @Test("Ctrl-C ends a renewal at once and leaves its outcome unknown")
    func interruption() async throws {
        let sandbox = try Sandbox()
        let process = Shared<pid_t?>(nil)
        let server = try CannedServer(bytes: Self.silent, ending: .stays) {
            while process.value == nil { usleep(1000) }
            if let id = process.value { kill(id, SIGINT) }
        }
        let issuer = "http://127.0.0.1:\(server.port)"
        let set = try await sandbox.run(
            ["set", "--new", "--label", "a"], input: #"{"refreshToken":{"value":"JWS.a.b.c","role":"visitor"}}"#)
        #expect(set.status == 0, "\(set.errors)")
        let errors = sandbox.scratchFile()
        let start = ContinuousClock.now
        let child = try ChildProcess(
            [Sandbox.program.path, "renew", "a", "--issuer", issuer], environment: sandbox.environment(),
            errors: errors)
        process.value = child.id
        #expect(await child.end() == 130)
        #expect(ContinuousClock.now - start < .seconds(20))
        let said = try String(contentsOfFile: errors, encoding: .utf8)
        #expect(said.contains("The request was cancelled. The refresh token may have been used"), "\(said)")
        #expect(try await sandbox.sessions().map { $0["state"] as? String } == ["unresolved"])
    }

    @Test("A terminal shows how long a request has been waiting and what Ctrl-C did")
    func announcement() async throws {
        let sandbox = try Sandbox()
        let server = try CannedServer(bytes: Self.silent, ending: .stays)
        let terminal = try await Terminal(sandbox, nil)
        try await terminal.type(
            "\(Sandbox.program.path) generate --issuer http://127.0.0.1:\(server.port); echo status $?")
        try await terminal.await("Waiting for 127.0.0.1:\(server.port) … 2 s")
        try await terminal.await("Waiting for 127.0.0.1:\(server.port) … 3 s")
        try await terminal.press("C-c")
        try await terminal.await("status 130")
        try await terminal.await("No session was created.")
    }

    @Test("A body from standard input leaves no file behind, even after kill -9")
    func temporaryBody() async throws {
        let sandbox = try Sandbox()
        let issuer = try await Issuer(sandbox)
        #expect(try await sandbox.run(["generate", "--label", "a", "--issuer", issuer.url]).status == 0)
        let folder = sandbox.scratchFile()
        try FileManager.default.createDirectory(atPath: folder, withIntermediateDirectories: true)
        let (arrivals, arrival) = AsyncStream.makeStream(of: Void.self)
        let server = try CannedServer(bytes: Self.silent, ending: .stays) { arrival.yield() }
        let body = sandbox.scratchFile()
        try Data("{}".utf8).write(to: URL(filePath: body))
        let child = try ChildProcess(
            [
                Sandbox.program.path, "request", "a", "http://127.0.0.1:\(server.port)/", "-d", "@-", "--issuer",
                issuer.url,
            ], environment: sandbox.environment(["TMPDIR": folder]), input: body)
        for await _ in arrivals { break }
        #expect(server.requests.first?.hasSuffix("{}") == true)
        kill(child.id, SIGKILL)
        #expect(await child.end() == 128 + 9)
        #expect(try FileManager.default.contentsOfDirectory(atPath: folder) == [])
    }

    @Test("A missing temporary folder is reported as such, not as an input error")
    func missingTemporaryFolder() async throws {
        let sandbox = try Sandbox()
        let run = try await sandbox.run(
            ["request", "a", "http://127.0.0.1:1/", "-d", "@-"], input: "{}",
            environment: ["TMPDIR": sandbox.home.path + "/missing"])
        #expect(run.status == 73)
        #expect(run.errors.contains("TMPDIR") && !run.errors.contains("Standard input"))
    }
}

/// A value shared by threads.
private final class Shared<Value: Sendable>: @unchecked Sendable {
    private let lock = NSLock()
    private var stored: Value

    init(_ value: Value) {
        stored = value
    }

    var value: Value {
        get { lock.withLock { stored } }
        set { lock.withLock { stored = newValue } }
    }
}
