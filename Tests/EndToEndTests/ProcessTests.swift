import Foundation
import TestProcesses
import Testing

@Suite("Inherited descriptors, limits and files", .timeLimit(.minutes(2)))
struct ProcessTests {
    private let sandbox: Sandbox

    init() throws {
        sandbox = try Sandbox()
    }

    /// Runs a shell script in which `"$@"` is the program.
    private func shell(_ script: String, _ arguments: [String]) async throws -> Sandbox.Run {
        try await sandbox.run(arguments, through: ["sh", "-c", script, "sh"])
    }

    #if os(Linux)
        @Test("Closed standard streams aren't reused for other files")
        func closedStreams() async throws {
            let child = try ChildProcess(
                ["sh", "-c", #"exec "$@" <&- >&- 2>&-"#, "sh", Sandbox.program.path, "serve", "--port", "0"],
                environment: sandbox.environment())
            defer {
                kill(child.id, SIGKILL)
                child.waitForEnd()
            }
            func target(_ descriptor: String) -> String {
                (try? FileManager.default.destinationOfSymbolicLink(atPath: "/proc/\(child.id)/fd/\(descriptor)")) ?? ""
            }
            let deadline = ContinuousClock.now + .seconds(30)
            var isListening = false
            while !isListening, ContinuousClock.now < deadline {
                try await ContinuousClock().sleep(for: .milliseconds(10))
                let open = try FileManager.default.contentsOfDirectory(atPath: "/proc/\(child.id)/fd")
                isListening = open.contains { target($0).hasPrefix("socket:") }
            }
            #expect(["0", "1", "2"].map(target) == ["/dev/null", "/dev/null", "/dev/null"])
        }
    #endif

    @Test("Output that can't be written is a failure")
    func closedOutput() async throws {
        let run = try await shell(#"exec "$@" >&-"#, ["list", "--json"])
        #expect(run.status == 74 && run.errors.contains("couldn't be written"), "\(run.errors)")
    }

    @Test("Running out of descriptors is reported, and never yields an ID that isn't random", arguments: 7...30)
    func fewDescriptors(_ limit: Int) async throws {
        let tokens =
            #"{"accessToken":{"value":"a.b.c","expiresAt":4000000000},"refreshToken":{"value":"d","role":"visitor"}}"#
        #expect(try await sandbox.run(["set", "--new"], input: tokens).status == 0)
        for (arguments, input) in [(["list"], ""), (["set", "--new"], tokens.replacing(#""d""#, with: #""e""#))] {
            let run = try await sandbox.run(
                arguments, input: input, through: ["sh", "-c", #"ulimit -n \#(limit); exec "$@""#, "sh"])
            if run.status == 0 {
                #expect(!run.output.contains("00000000-0000"))
            } else {
                #expect(run.errors.contains("too many files open"), "\(limit): \(run.status) \(run.errors)")
            }
        }
    }

    @Test("A FIFO, folder or device in place of a file is rejected without waiting")
    func notRegular() async throws {
        let issuer = try await Issuer(sandbox)
        #expect(try await sandbox.run(["generate", "--issuer", issuer.url]).status == 0)
        let fifo = sandbox.scratchFile()
        #expect(mkfifo(fifo, 0o600) == 0)
        for (path, kind) in [(fifo, "a FIFO"), (sandbox.home.path, "a folder"), ("/dev/zero", "a device")] {
            for (option, status) in [("--store", 74), ("--config", 78)] as [(String, Int32)] {
                let run = try await sandbox.run(["list", option, path])
                #expect(run.status == status && run.errors.contains("it is \(kind)"), "\(option): \(run.errors)")
            }
        }
        let key = sandbox.home.appending(path: ".config/session-inspector/key").path
        unlink(key)
        #expect(mkfifo(key, 0o600) == 0)
        let run = try await sandbox.run(["list"])
        #expect(run.status == 78 && run.errors.contains("it is a FIFO"), "\(run.errors)")
    }

    @Test("Tokens can be read from a FIFO")
    func fifoOfTokens() async throws {
        let fifo = sandbox.scratchFile()
        #expect(mkfifo(fifo, 0o600) == 0)
        let text =
            #"{"accessToken":{"value":"OauthNG.JWS.eyJ.eyJ.c2ln","expiresAt":4000000000},"refreshToken":{"value":"JWS.eyJ.eyJ.c2ln","role":"visitor"}}"#
        let writer = try ChildProcess(
            ["sh", "-c", "printf %s '\(text)' > '\(fifo)'"], environment: sandbox.environment())
        let run = try await sandbox.run(["set", "--new", fifo])
        #expect(run.status == 0, "\(run.errors)")
        #expect(await writer.end() == 0)
    }

    @Test("A path that isn't UTF-8 isn't changed into another one")
    func notUTF8() async throws {
        let argument = try await shell(#"exec "$@" --store "$(printf '/tmp/x\377.sqlite')""#, ["list"])
        #expect(argument.status == 64 && argument.errors.contains("isn't valid UTF-8"), "\(argument.errors)")
        let variable = try await shell(
            #"SESSION_INSPECTOR_STORE="$(printf '/tmp/x\377.sqlite')" exec "$@""#, ["list"])
        #expect(variable.status == 78 && variable.errors.contains("isn't valid UTF-8"), "\(variable.errors)")
        let folder = try await shell(
            #"cd "$HOME" && mkdir "$(printf 'x\377')" && cd "$(printf 'x\377')" && exec "$@" --store here.sqlite"#,
            ["list"])
        #expect(folder.status == 64 && folder.errors.contains("isn't valid UTF-8"), "\(folder.errors)")
    }

    @Test("exec restores the user's core limit for its command")
    func coreLimit() async throws {
        let issuer = try await Issuer(sandbox)
        #expect(try await sandbox.run(["generate", "--label", "cart", "--issuer", issuer.url]).status == 0)
        let limits = "ulimit -Sc; ulimit -Hc"
        let hard = try await sandbox.execute(["sh", "-c", "ulimit -Hc"]).output
        let run = try await shell(
            #"ulimit -Sc 0; ulimit -Sc \#(hard == "0\n" ? "0" : "8"); exec "$@""#,
            ["exec", "cart", "--issuer", issuer.url, "--", "sh", "-c", limits])
        #expect(run.output == (hard == "0\n" ? "0\n0\n" : "8\n\(hard)"), "\(run.errors)")
    }

    #if os(Linux)
        @Test(
            "Other processes of the user can't read its memory",
            .enabled(if: geteuid() == 0, "Only root can become another user."))
        func dumpable() async throws {
            let errors = sandbox.scratchFile()
            let home = sandbox.scratchFile()
            try FileManager.default.createDirectory(atPath: home, withIntermediateDirectories: false)
            chown(home, 65534, 65534)
            let child = try ChildProcess(
                [
                    "setpriv", "--reuid=65534", "--regid=65534", "--clear-groups", Sandbox.program.path, "serve",
                    "--port", "0",
                ],
                environment: sandbox.environment(["HOME": home]), errors: errors)
            defer {
                kill(child.id, SIGKILL)
                child.waitForEnd()
            }
            let deadline = ContinuousClock.now + .seconds(30)
            while try !String(contentsOfFile: errors, encoding: .utf8).contains("http"), ContinuousClock.now < deadline
            {
                try await ContinuousClock().sleep(for: .milliseconds(10))
            }
            // The kernel assigns /proc files of a process that isn't dumpable to root.
            let memory = try FileManager.default.attributesOfItem(atPath: "/proc/\(child.id)/mem")
            #expect(memory[.ownerAccountID] as? Int == 0)
        }
    #endif
}
