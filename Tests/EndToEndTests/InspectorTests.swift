import Foundation
import Testing

@Suite("The inspector in a real terminal", .timeLimit(.minutes(3)))
struct InspectorTests {
    /// An inspector with an issuer and an empty store.
    private func opened(
        _ options: [String] = [], width: Int = 110
    ) async throws -> (sandbox: Sandbox, issuer: Issuer, terminal: Terminal) {
        let sandbox = try Sandbox()
        let issuer = try await Issuer(sandbox, options)
        let terminal = try await Terminal(sandbox, ["--issuer", issuer.url], width: width)
        try await terminal.await("No sessions yet.")
        return (sandbox, issuer, terminal)
    }

    @Test("The keys g, r, s, d and u work")
    func keys() async throws {
        let (sandbox, issuer, terminal) = try await opened()

        try await terminal.press("g")
        try await terminal.await("Generate sessions")
        try await terminal.press("Enter")
        try await terminal.await("Generated")
        var sessions = try await sandbox.sessions()
        #expect(sessions.count == 1)
        let id = try #require(sessions[0]["id"] as? String)
        let visitor = try #require(sessions[0]["visitorID"] as? String)

        try await terminal.press("r")
        try await terminal.await("Renewed")
        #expect(try await issuer.stats()["redemptions"] == 1)
        sessions = try await sandbox.sessions()
        #expect(sessions[0]["renewalCount"] as? Int == 1)

        // Another visitor's tokens, as an application stores them.
        let other = try Sandbox()
        let generated = try await other.run(["generate", "--issuer", issuer.url, "--label", "other"])
        #expect(generated.status == 0, "\(generated.errors)")
        let shown = try await other.run(["show", "other", "--reveal", "--json"])
        let document = try #require(
            try JSONSerialization.jsonObject(with: Data(shown.output.utf8)) as? [String: Any])
        let tokens = try JSONSerialization.data(withJSONObject: try #require(document["tokens"]))
        let otherVisitor = try #require(document["visitorID"] as? String)

        try await terminal.press("s")
        try await terminal.await("Paste tokens here")
        try await terminal.paste(String(decoding: tokens, as: UTF8.self))
        try await terminal.await("✔ SDK tokens")
        try await terminal.await(otherVisitor)
        try await terminal.press("Enter")
        try await terminal.await("restores the previous tokens")
        #expect(try await sandbox.sessions()[0]["visitorID"] as? String == otherVisitor)

        try await terminal.press("u")
        try await terminal.await("Restored the previous tokens")
        #expect(try await sandbox.sessions()[0]["visitorID"] as? String == visitor)

        try await terminal.press("d")
        try await terminal.await("y confirm")
        try await terminal.press("d")
        try await terminal.await("Cancelled")
        #expect(try await sandbox.sessions().count == 1)
        try await terminal.press("d")
        try await terminal.await("y confirm")
        try await terminal.press("y")
        try await terminal.await("Discarded")
        #expect(try await sandbox.sessions().isEmpty)
        #expect(try await sandbox.sessions(["--state", "discarded"])[0]["id"] as? String == id)

        try await terminal.press("u")
        try await terminal.await("Restored")
        #expect(try await sandbox.sessions()[0]["id"] as? String == id)
    }

    @Test("A renewal by another process appears within a second")
    func otherProcess() async throws {
        let (sandbox, issuer, terminal) = try await opened(["--access-lifetime", "60s"])
        let generated = try await sandbox.run(["generate", "--issuer", issuer.url, "--label", "shared"])
        #expect(generated.status == 0, "\(generated.errors)")
        try await terminal.await("shared", within: .seconds(1))
        let renewed = try await sandbox.run(["renew", "shared", "--issuer", issuer.url])
        #expect(renewed.status == 0, "\(renewed.errors)")
        try await terminal.await("a renewal", within: .seconds(1)) { $0.contains(/just now|[0-9] s ago/) }
    }

    @Test("Countdowns are correct after the process was stopped and continued")
    func stopped() async throws {
        let (_, issuer, terminal) = try await opened(["--access-lifetime", "600s"])
        defer { issuer.stop() }
        try await terminal.press("g")
        try await terminal.await("Generate sessions")
        try await terminal.press("Enter")
        try await terminal.await("Generated")
        let before = try await terminal.await("a countdown") { $0.contains("0:09:") }
        let id = try await terminal.processID()
        kill(id, SIGSTOP)
        // Real time must pass in the stopped process: the test is about its clock.
        try await ContinuousClock().sleep(for: .seconds(3))
        kill(id, SIGCONT)
        let start = try #require(Self.countdown(before))
        try await terminal.await("a countdown that has caught up", within: .milliseconds(900)) { screen in
            Self.countdown(screen).map { $0 <= start - 3 } ?? false
        }
    }

    private static func countdown(_ screen: String) -> Int? {
        screen.matches(of: /0:([0-9]{2}):([0-9]{2})/).last.flatMap { match in
            Int(match.output.1).flatMap { minutes in Int(match.output.2).map { minutes * 60 + $0 } }
        }
    }

    @Test(
        "The terminal is restored after a signal or a crash",
        arguments: [SIGTERM, SIGHUP, SIGINT, SIGSEGV, SIGABRT, SIGILL])
    func signals(number: Int32) async throws {
        let sandbox = try Sandbox()
        let terminal = try await Terminal(sandbox, nil)
        try await terminal.type("PS1=ready'> '")
        try await terminal.await("ready>")
        let before = try await modes(terminal, "before")
        try await terminal.type("\(Sandbox.program.path) demo")
        let screen = try await terminal.await("q quit")
        #expect(screen.contains("demo ▸ memory"))
        let shell = try await terminal.processID()
        let children = try String(contentsOfFile: "/proc/\(shell)/task/\(shell)/children", encoding: .utf8)
        let id = try #require(children.split(separator: " ").last.flatMap { pid_t($0) })
        kill(id, number)
        // Input typed before it exits is read in the modes that it restores.
        try await eventually { kill(id, 0) != 0 }
        try await terminal.await("a prompt") { $0.contains("ready>") && !$0.contains("q quit") }
        try await terminal.type("clear")
        let after = try await modes(terminal, "after")
        #expect(after == before)
    }

    /// Waits until `condition`, ten seconds at most. The next expectation reports a timeout.
    private func eventually(_ condition: () -> Bool) async throws {
        let clock = ContinuousClock()
        let deadline = clock.now + .seconds(10)
        while !condition(), clock.now < deadline { try await clock.sleep(for: .milliseconds(20)) }
    }

    /// The terminal modes, as reported by `stty`.
    private func modes(_ terminal: Terminal, _ mark: String) async throws -> String {
        try await terminal.type("stty -g; echo \(mark)' done'")
        let screen = try await terminal.await("\(mark) done")
        let line = screen.split(separator: "\n").last { $0.contains(":") && !$0.contains("stty") } ?? ""
        // The output may follow the prompt if the line was typed before it appeared.
        return line.split(separator: " ").last.map(String.init) ?? ""
    }

    @Test("q restores the terminal and its previous screen")
    func quit() async throws {
        let sandbox = try Sandbox()
        let terminal = try await Terminal(sandbox, nil)
        try await terminal.type("echo still' here'; \(Sandbox.program.path) demo; echo status $?")
        try await terminal.await("q quit")
        try await terminal.press("q")
        let screen = try await terminal.await("status 0")
        #expect(screen.contains("still here") && !screen.contains("demo ▸ memory"))
    }

    @Test("^z suspends and fg resumes")
    func suspend() async throws {
        let sandbox = try Sandbox()
        let terminal = try await Terminal(sandbox, nil)
        try await terminal.type("\(Sandbox.program.path) demo")
        try await terminal.await("q quit")
        try await terminal.press("C-z")
        try await terminal.await("a prompt") { !$0.contains("q quit") }
        try await terminal.type("fg")
        try await terminal.await("q quit")
    }

    @Test("^z waits for a renewal, and its session stays usable")
    func suspendDuringRenewal() async throws {
        let sandbox = try Sandbox()
        let issuer = try await Issuer(sandbox, ["--fault", "latency=6000:renew"])
        defer { issuer.stop() }
        let terminal = try await Terminal(sandbox, nil)
        try await terminal.type("\(Sandbox.program.path) --issuer \(issuer.url)")
        try await terminal.await("No sessions yet.")
        try await terminal.press("g")
        try await terminal.await("Generate sessions")
        try await terminal.press("Enter")
        try await terminal.await("Generated")
        try await terminal.press("r")
        try await terminal.await("renewing…")
        try await terminal.press("C-z")
        try await terminal.await("finishing requests before suspending")
        try await terminal.await("a prompt") { !$0.contains("q quit") }
        // The inspector is suspended, so this is what it has stored.
        let session = try #require(try await sandbox.sessions().first)
        #expect(session["state"] as? String == "valid")
        #expect(session["renewalCount"] as? Int == 1)
        try await terminal.type("fg")
        try await terminal.await("q quit")
    }

    @Test("A token in the filter finds its session and is neither shown nor stored")
    func tokenInFilter() async throws {
        let (sandbox, issuer, terminal) = try await opened()
        defer { issuer.stop() }
        for label in ["first", "second"] {
            let run = try await sandbox.run(["generate", "--issuer", issuer.url, "--label", label])
            #expect(run.status == 0, "\(run.errors)")
        }
        let shown = try await sandbox.run(["show", "first", "--reveal", "--json"])
        let document = try #require(
            try JSONSerialization.jsonObject(with: Data(shown.output.utf8)) as? [String: Any])
        let tokens = try #require(document["tokens"] as? [String: [String: Any]])
        let token = try #require(tokens["refreshToken"]?["value"] as? String)
        try await terminal.press("/")
        try await terminal.paste(token)
        let screen = try await terminal.await("the token's session alone") { screen in
            screen.contains("holds this token") && screen.contains("first") && !screen.contains("second")
        }
        #expect(!screen.contains(token.prefix(12)))
        try await terminal.press("Q")
        let file = sandbox.home.appending(path: ".local/state/session-inspector/inspector.json").path
        try await eventually { FileManager.default.contents(atPath: file)?.isEmpty == false }
        #expect(!(try String(contentsOfFile: file, encoding: .utf8)).contains(token.prefix(12)))
    }

    @Test("Resizing redraws at once; a size that is too small is reported")
    func resize() async throws {
        let terminal = try await Terminal(try Sandbox(), ["demo"])
        try await terminal.await("REFRESH")
        try await terminal.resize(width: 30, height: 8)
        try await terminal.await("Too small")
        try await terminal.resize(width: 150, height: 40)
        try await terminal.await("yesterday's cart")
        try await terminal.press("?")
        try await terminal.await("generate sessions (new visitors)")
    }

    @Test("A paste of 100 KB arrives completely")
    func largePaste() async throws {
        let terminal = try await Terminal(try Sandbox(), ["demo"])
        try await terminal.await("▌")
        try await terminal.press("s")
        try await terminal.await("Paste tokens here")
        try await terminal.paste(String(repeating: "x", count: 100_000))
        try await terminal.await("100000 characters")
    }

    @Test("The mouse selects, opens, sorts and presses keys until m turns it off")
    func mouse() async throws {
        let terminal = try await Terminal(try Sandbox(), ["demo"])
        try await terminal.await("▌")
        func press(_ row: Int, _ column: Int) async throws {
            try await terminal.send("\u{1B}[<0;\(column);\(row)M\u{1B}[<0;\(column);\(row)m")
        }
        try await press(7, 20)
        try await terminal.await("another row") { $0.split(separator: "\n").contains { $0.hasPrefix(" ▌ ○") } }
        try await press(5, 16)
        try await terminal.await("LABEL ▽")
        try await press(32, 3)
        try await terminal.await("Generate sessions")
        try await terminal.press("Escape")
        try await terminal.await("Cancelled.")
        try await terminal.press("m")
        try await terminal.await("Mouse capture off")
    }

    @Test("y copies into tmux's buffer, and the toast shows no token")
    func clipboard() async throws {
        let terminal = try await Terminal(try Sandbox(), ["demo"])
        try await terminal.await("▌")
        try await terminal.press("y")
        try await terminal.await("Authorization header")
        try await terminal.press("h")
        let screen = try await terminal.await("Copied the Authorization header")
        #expect(!screen.contains("OauthNG"))
        #expect(try await terminal.clipboard().hasPrefix("Authorization: OauthNG.JWS."))
    }

    @Test("The keys e, a, x, i and p work")
    func oneSession() async throws {
        let (sandbox, issuer, terminal) = try await opened(width: 120)
        defer { issuer.stop() }
        try await terminal.press("g")
        try await terminal.await("Generate sessions")
        try await terminal.press("Enter")
        try await terminal.await("Generated")
        try await terminal.press("e")
        try await terminal.await("Label of")
        try await terminal.send("dyQ cart 购")
        try await terminal.press("Enter")
        try await terminal.await("u undoes")
        #expect(try await sandbox.sessions()[0]["label"] as? String == "dyQ cart 购")
        try await terminal.press("a")
        try await terminal.await("Turned on automatic renewal")
        #expect(try await sandbox.sessions()[0]["autoRenew"] as? Bool == true)
        try await terminal.press("i")
        // A column is named VISITOR too.
        try await terminal.await("Token info for")
        try await terminal.press("Escape")
        // Sent together with the next key, Esc would be Alt.
        try await terminal.await("no popup") { !$0.contains("Esc close") }
        try await terminal.press("p")
        try await terminal.await("/api/probe")
        try await terminal.press("Escape")
        try await terminal.await("no popup") { !$0.contains("Esc close") }
        try await terminal.press("x")
        try await terminal.await("OauthNG.JWS.")
        try await terminal.press("x")
        try await terminal.await("masked tokens") { !$0.contains("OauthNG") }
        try await terminal.press("l")
        try await terminal.await("labeled")
    }

    @Test("The inspector renews sessions with auto-renewal on")
    func scheduler() async throws {
        let (sandbox, issuer, terminal) = try await opened(["--access-lifetime", "8s"])
        try await terminal.press("g")
        try await terminal.await("Generate sessions")
        try await terminal.press("Enter")
        try await terminal.await("Generated")
        try await terminal.press("a")
        try await terminal.await("Turned on automatic renewal")
        try await terminal.await("a second renewal", within: .seconds(60)) { $0.contains(/(just now|[0-9] s ago) ×/) }
        #expect(try await issuer.stats()["redemptions"] ?? 0 >= 2)
        #expect(try await sandbox.sessions()[0]["state"] as? String != "expired")
    }

    @Test("^e opens $EDITOR on a private file and removes it")
    func editor() async throws {
        let sandbox = try Sandbox()
        let editor = sandbox.home.appending(path: "editor")
        let seen = sandbox.home.appending(path: "seen").path
        try "#!/bin/sh\nstat -c '%a %n' \"$1\" > \(seen)\nprintf 'not a token' > \"$1\"\n".write(
            to: editor, atomically: true, encoding: .utf8)
        try FileManager.default.setAttributes([.posixPermissions: 0o700], ofItemAtPath: editor.path)
        let terminal = try await Terminal(sandbox, ["demo"], environment: ["EDITOR": editor.path])
        try await terminal.await("▌")
        try await terminal.press("s")
        try await terminal.await("$EDITOR")
        try await terminal.press("C-e")
        // Wait for this text rather than the mark, which the list behind the popup may contain too.
        try await terminal.await("no tokens")
        let file = try String(contentsOfFile: seen, encoding: .utf8).split(separator: " ")
        #expect(file[0] == "600")
        #expect(!FileManager.default.fileExists(atPath: file[1].trimmingCharacters(in: .newlines)))
    }

    @Test("The window gets a title, and the layout is restored")
    func titleAndLayout() async throws {
        let (sandbox, issuer, terminal) = try await opened()
        defer { issuer.stop() }
        try await terminal.press("g")
        try await terminal.await("Generate sessions")
        try await terminal.press("Enter")
        try await terminal.await("Generated")
        #expect(try await terminal.title().contains("session"))
        try await terminal.press("o")
        try await terminal.press("t")
        try await terminal.await("local time")
        try await terminal.press("Q")
        let file = sandbox.home.appending(path: ".local/state/session-inspector/inspector.json").path
        try await eventually { FileManager.default.contents(atPath: file)?.isEmpty == false }
        let again = try await Terminal(sandbox, ["--issuer", issuer.url])
        try await again.await("▽ REFRESH")
    }

    @Test("Configured keys work, and conflicts are reported")
    func configuredKeys() async throws {
        let sandbox = try Sandbox()
        let folder = sandbox.home.appending(path: ".config/session-inspector")
        try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
        try "theme: light\nkeys:\n  help: T\n  renew: d\n".write(
            to: folder.appending(path: "config.yml"), atomically: true, encoding: .utf8)
        let terminal = try await Terminal(sandbox, [])
        try await terminal.await("d is already assigned to discard")
        try await terminal.press("T")
        try await terminal.await("Keys in the list")
    }

    @Test("--ascii draws ASCII only")
    func ascii() async throws {
        let terminal = try await Terminal(try Sandbox(), ["demo", "--ascii"], environment: ["NO_COLOR": "1"])
        let screen = try await terminal.await("q quit")
        #expect(screen.utf8.allSatisfy { $0 < 0x80 })
    }

    @Test("An unsupported terminal is rejected with a pointer to `list`")
    func unsupportedTerminal() async throws {
        let sandbox = try Sandbox()
        let terminal = try await Terminal(sandbox, nil)
        try await terminal.type("TERM=dumb \(Sandbox.program.path); echo status $?")
        let screen = try await terminal.await("status 64")
        #expect(screen.replacing("\n", with: "").contains("session-inspector list"))
        try await terminal.type("clear; TERM=nonsense \(Sandbox.program.path) demo; echo then $?")
        #expect(try await terminal.await("then 64").contains("nonsense"))
        #expect(try await sandbox.run([]).status == 64)
    }

    @Test("Inspectors on one store show each other's changes")
    func concurrentInspectors() async throws {
        let (sandbox, issuer, terminal) = try await opened()
        let other = try await Terminal(sandbox, ["--issuer", issuer.url])
        try await other.await("No sessions yet.")
        try await terminal.press("g")
        try await terminal.await("Generate sessions")
        try await terminal.press("Enter")
        try await terminal.await("Generated")
        try await other.await("1 session ", within: .seconds(1))
        try await other.press("d")
        try await other.await("y confirm")
        try await other.press("y")
        try await terminal.await("No sessions yet.", within: .seconds(2))
    }

    @Test("i and p send tokens only to their own issuer")
    func foreignIssuer() async throws {
        let (sandbox, issuer, terminal) = try await opened()
        defer { issuer.stop() }
        let other = try await Issuer(sandbox)
        defer { other.stop() }
        let generated = try await sandbox.run(["generate", "--issuer", other.url, "--label", "theirs"])
        #expect(generated.status == 0, "\(generated.errors)")
        try await terminal.await("theirs")
        for key in ["i", "p"] {
            try await terminal.press(key)
            try await terminal.await("weren't sent")
            try await terminal.press("Escape")
            try await terminal.await("no popup") { !$0.contains("Esc close") }
        }
        #expect(try await issuer.stats()["requests"] == 0)
    }

    @Test("S stores pasted tokens for the named issuer, and another one never gets them")
    func newSessionOfNamedIssuer() async throws {
        let (sandbox, issuer, terminal) = try await opened()
        defer { issuer.stop() }
        try await terminal.press("S")
        try await terminal.await("Paste tokens here")
        try await terminal.paste(#"{"refreshToken":"JWS.aaaa.bbbb.cccc"}"#)
        try await terminal.await("✔ ")
        try await terminal.press("Enter")
        try await terminal.await("no editor") { !$0.contains("Paste tokens here") && !$0.contains("✔ ") }
        let id = try #require(try await sandbox.sessions()[0]["id"] as? String)
        let renewed = try await sandbox.run(["renew", id, "--issuer", "http://127.0.0.1:2"])
        #expect(renewed.status == 78 && renewed.errors.contains("weren't sent"), "\(renewed.errors)")
    }

    @Test("An unreachable issuer is reported, and the session stays")
    func unreachableIssuer() async throws {
        let (sandbox, issuer, terminal) = try await opened()
        try await terminal.press("g")
        try await terminal.await("Generate sessions")
        try await terminal.press("Enter")
        try await terminal.await("Generated")
        #expect(issuer.stop() == 0)
        try await terminal.press("r")
        try await terminal.await("connection refused")
        #expect(try await sandbox.sessions()[0]["state"] as? String == "valid")
    }
}
