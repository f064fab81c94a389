import Foundation
import Testing

@Suite("The command line as a process", .timeLimit(.minutes(3)))
struct CommandTests {
    private struct Prepared {
        let sandbox: Sandbox
        let issuer: Issuer
        let id: String
    }

    /// A store with one session.
    private func prepared(_ options: [String] = []) async throws -> Prepared {
        let sandbox = try Sandbox()
        let issuer = try await Issuer(sandbox, options)
        let run = try await sandbox.run(["generate", "--issuer", issuer.url, "--label", "first cart", "--json"])
        #expect(run.status == 0, "\(run.errors)")
        let object = try JSONSerialization.jsonObject(with: Data(run.output.utf8)) as? [String: Any]
        return Prepared(sandbox: sandbox, issuer: issuer, id: try #require(object?["id"] as? String))
    }

    @Test("A session is generated, renewed, discarded and restored")
    func lifecycle() async throws {
        let all = try await prepared()
        let sandbox = all.sandbox
        let issuer = ["--issuer", all.issuer.url]
        let name = String(all.id.prefix(6))

        let first = try await sandbox.run(["token", name] + issuer)
        #expect(first.status == 0 && first.output.hasPrefix("OauthNG.JWS."))
        #expect(try await all.issuer.stats()["redemptions"] == 0)
        let fresh = try await sandbox.run(["token", name, "--minimum-lifetime", "5h"] + issuer)
        #expect(fresh.status == 0 && fresh.output.hasPrefix("OauthNG.JWS."))
        #expect(try await all.issuer.stats()["redemptions"] == 1)

        #expect(try await sandbox.run(["renew", "--all"] + issuer).status == 0)
        #expect(try await sandbox.run(["renew", "--expiring-within", "1m"] + issuer).output.isEmpty)
        #expect(try await sandbox.run(["discard", name]).status == 64)
        #expect(try await sandbox.run(["discard", name, "--yes"]).status == 0)
        #expect(try await sandbox.run(["renew", name] + issuer).status == 65)
        #expect(try await sandbox.run(["restore", name]).status == 0)

        let shown = try await sandbox.run(["show", "first cart"])
        for event in ["generated", "renewed", "discarded", "restored"] { #expect(shown.output.contains(event)) }
        #expect(!shown.output.contains("OauthNG.JWS."))
    }

    @Test("A token's expiry is recorded once while commands watch, which can run a command then")
    func expiry() async throws {
        let all = try await prepared(["--access-lifetime", "8s"])
        let watch = ["watch", "--since", "0", "--until", "expired", "--exec", #"echo "$EVENT: $SESSION""#]
        async let one = all.sandbox.run(watch)
        async let two = all.sandbox.run(watch)
        for run in try await [one, two] {
            #expect(run.status == 0 && run.output.hasSuffix("\nexpired: \(all.id)\n"), "\(run.output) \(run.errors)")
        }
        let shown = try await all.sandbox.run(["show", all.id, "--json"])
        let object = try JSONSerialization.jsonObject(with: Data(shown.output.utf8)) as? [String: Any]
        let history = object?["history"] as? [[String: Any]] ?? []
        #expect(history.map { $0["event"] as? String } == ["expired", "generated"])
        let claims = object?["claims"] as? [String: [String: Any]]
        #expect(claims?["access"]?["exp"] != nil && !shown.output.contains("OauthNG.JWS."))
    }

    @Test("At a terminal, sending a session's tokens to another issuer than its own requires y", arguments: ["n", "y"])
    func contradictedIssuer(answer: String) async throws {
        let all = try await prepared()
        all.issuer.stop()
        let moved = try await Issuer(all.sandbox)
        let terminal = try await Terminal(all.sandbox, nil, width: 200)
        try await terminal.type("\(Sandbox.program.path) renew \(all.id) --issuer \(moved.url); echo status=$?")
        try await terminal.await("Send them to \(moved.url) anyway? [y/N]")
        try await terminal.type(answer)
        try await terminal.await(answer == "y" ? "status=0" : "status=78")
        let session = try #require(try await all.sandbox.sessions().first)
        #expect(session["issuer"] as? String == (answer == "y" ? moved.url : all.issuer.url))
        #expect(session["renewalCount"] as? Int == (answer == "y" ? 1 : 0))
    }

    @Test("A session is renewed by its own issuer on this machine, unless another one is named")
    func ownIssuer() async throws {
        let all = try await prepared()
        let renewed = try await all.sandbox.run(["renew", all.id])
        #expect(renewed.status == 0, "\(renewed.errors)")
        let token = try await all.sandbox.run(["token", all.id])
        #expect(token.status == 0 && token.output.hasPrefix("OauthNG.JWS."), "\(token.errors)")
        #expect(try await all.sandbox.run(["info", all.id]).output.contains("active"))
        let refused = try await all.sandbox.run(["renew", all.id, "--issuer", "http://127.0.0.1:1"])
        #expect(refused.status == 78 && refused.errors.contains("weren't sent"), "\(refused.errors)")
        #expect(try await all.issuer.stats()["redemptions"] == 1)
    }

    @Test("A label names the session in use, and for restore the discarded one")
    func reusedLabel() async throws {
        let all = try await prepared()
        #expect(try await all.sandbox.run(["discard", "first cart", "--yes"]).status == 0)
        let second = try await all.sandbox.run(["generate", "--issuer", all.issuer.url, "--label", "first cart"])
        #expect(second.status == 0, "\(second.errors)")
        let renewed = try await all.sandbox.run(["renew", "first cart"])
        #expect(renewed.status == 0 && !renewed.output.contains(all.id), "\(renewed.errors)")
        let watched = try await all.sandbox.run(["watch", "--since", "0", "--until", "renewed"])
        #expect(watched.output.contains("“first cart” renewed"), "\(watched.output)")
        let restored = try await all.sandbox.run(["restore", "first cart"])
        #expect(restored.status == 0 && restored.output.contains(all.id), "\(restored.errors)")
        #expect(try await all.sandbox.run(["token", "first cart"]).errors.contains("matches several sessions"))
    }

    @Test(
        "A line of a backup that is cut short is reported, and nothing of it is stored", arguments: [20, 200, 450, 700])
    func cutBackup(missing: Int) async throws {
        let all = try await prepared()
        #expect(try await all.sandbox.run(["generate", "--issuer", all.issuer.url, "--label", "last"]).status == 0)
        let backup = try await all.sandbox.run(["export", "--all", "--as", "session"]).output
        let store = ["--store", all.sandbox.scratchFile() + ".sqlite"]
        let run = try await all.sandbox.run(["import", "-"] + store, input: String(backup.dropLast(missing)))
        #expect(run.status == 65 && run.errors.contains("1 unreadable"), "\(run.errors)")
        #expect(run.errors.contains("cut short"), "\(run.errors)")
        #expect(try await all.sandbox.sessions(store).map { $0["label"] as? String } == ["first cart"])
    }

    @Test("Tokens of another client aren't substituted: the issuer would refuse the renewal")
    func otherClient() async throws {
        let all = try await prepared()
        let token = #"{"refreshToken":{"value":"JWS.e30.e30.a"}}"#
        let other = ["--client-id", "7c9e01ab-0f4e-4f6a-9a52-1b1d5e0c7a11"]
        let added = try await all.sandbox.run(["set", "--new", "--label", "other"] + other, input: token)
        #expect(added.status == 0, "\(added.errors)")
        let run = try await all.sandbox.run(["live", "substitute", all.id, "--with", "other", "--yes"])
        #expect(run.status == 78 && run.errors.contains("Choose a session of the same client."), "\(run)")
        let list = try await all.sandbox.run(["live", "list"])
        #expect(list.errors.contains("No active substitutions."), "\(list)")
    }

    @Test("At a terminal, discard asks with the names of the sessions")
    func discardQuestion() async throws {
        let all = try await prepared()
        let terminal = try await Terminal(all.sandbox, nil, width: 200)
        try await terminal.type("\(Sandbox.program.path) discard \(all.id.prefix(6)); echo status=$?")
        try await terminal.await("Discard \(all.id.prefix(6)) “first cart”? [y/N]")
        try await terminal.type("n")
        try await terminal.await("status=0")
        #expect(try await all.sandbox.sessions().count == 1)
    }

    @Test("With an issuer in the profile, sessions of other issuers on this machine are renewed by their own")
    func issuerInProfile() async throws {
        let all = try await prepared()
        let other = try await Issuer(all.sandbox)
        defer { other.stop() }
        let theirs = try await all.sandbox.run(["generate", "--issuer", other.url, "--label", "theirs"])
        #expect(theirs.status == 0, "\(theirs.errors)")
        let folder = all.sandbox.home.appending(path: ".config/session-inspector")
        let profile = "profile: local\nprofiles:\n  local:\n    issuer: \(all.issuer.url)\n"
        try Data(profile.utf8).write(to: folder.appending(path: "config.yml"))
        let renewed = try await all.sandbox.run(["renew", "--all"])
        #expect(renewed.status == 0, "\(renewed.errors)")
        for issuer in [all.issuer, other] { #expect(try await issuer.stats()["redemptions"] == 1) }
        // Set tokens are the session's own issuer's, too.
        let token = try await all.sandbox.run(["token", "first cart"]).output
        #expect(try await all.sandbox.run(["set", "theirs", "--drop-refresh-token"], input: token).status == 0)
        let issuers = try await all.sandbox.sessions().map { $0["issuer"] as? String }
        #expect(Set(issuers) == [all.issuer.url, other.url])
    }

    @Test("Setting an access token alone removes the refresh token only with an option")
    func setAccessTokenAlone() async throws {
        let all = try await prepared()
        let token = try await all.sandbox.run(["token", all.id, "--issuer", all.issuer.url]).output
        #expect(try await all.sandbox.run(["renew", all.id, "--issuer", all.issuer.url]).status == 0)
        let kept = try await all.sandbox.run(["set", all.id], input: token)
        #expect(kept.status == 0 && kept.errors.contains("keeps its refresh token"), "\(kept.errors)")
        let refused = try await all.sandbox.run(["set", all.id], input: "Authorization: opaque")
        #expect(refused.status == 65 && refused.errors.contains("Nothing was changed"))
        #expect(try await all.sandbox.run(["renew", all.id, "--issuer", all.issuer.url]).status == 0)
        let done = try await all.sandbox.run(["set", all.id, "--drop-refresh-token"], input: token)
        #expect(done.status == 0 && done.errors.contains("refresh token removed"), "\(done.errors)")
        #expect(try await all.sandbox.run(["renew", all.id, "--issuer", all.issuer.url]).status == 65)
    }

    @Test("Tokens are set from standard input or a file, and exported in the same format")
    func set() async throws {
        let all = try await prepared()
        let revealed = try await all.sandbox.run(["show", all.id, "--reveal", "--json"])
        let document = try #require(
            try JSONSerialization.jsonObject(with: Data(revealed.output.utf8)) as? [String: Any])
        let tokens = try #require(document["tokens"] as? NSDictionary)
        let text = String(decoding: try JSONSerialization.data(withJSONObject: tokens), as: UTF8.self)

        // Two sessions would redeem the refresh token twice, so no second one is created.
        let known = try await all.sandbox.run(["set", "--new", "--label", "copy"], input: text)
        #expect(known.status == 0 && known.errors.contains("already holds this refresh token"))
        #expect(try await all.sandbox.sessions().count == 1)
        #expect(try await all.sandbox.run(["discard", all.id, "--yes"]).status == 0)
        let stored = try await all.sandbox.run(["set", "--new", "--label", "copy"], input: text)
        #expect(stored.status == 0, "\(stored.errors)")
        let file = all.sandbox.home.appending(path: "tokens.json")
        try Data(text.utf8).write(to: file)
        #expect(try await all.sandbox.run(["set", "copy", file.path]).status == 0)

        let copied = try await all.sandbox.run(["show", "copy", "--reveal", "--json"])
        let copy = try JSONSerialization.jsonObject(with: Data(copied.output.utf8)) as? [String: Any]
        #expect(copy?["tokens"] as? NSDictionary == tokens)
    }

    @Test("Options may precede or follow the command")
    func optionOrder() async throws {
        let all = try await prepared()
        for arguments in [
            ["--issuer", all.issuer.url, "renew", all.id], ["renew", "--issuer", all.issuer.url, all.id],
            ["renew", all.id, "--issuer", all.issuer.url],
        ] {
            let run = try await all.sandbox.run(arguments)
            #expect(run.status == 0, "\(arguments): \(run.errors)")
        }
        #expect(try await all.sandbox.run(["--read-only", "renew", all.id]).status == 77)
    }

    @Test(
        "Failures explain themselves on standard error, set the exit code and lose nothing",
        arguments: [
            (["renew", "nothing"], "", 66, "No session matches “nothing”"),
            (["token", "ffffffff"], "", 66, "No session matches “ffffffff”"),
            (["set", "first cart"], "not tokens", 65, "Nothing was changed"),
            (["set", "first cart"], "", 65, "Nothing was changed"),
            (["set", "first cart", "/nowhere"], "", 65, "can't be read"),
            (
                ["set", "first cart"],
                #"{"accessToken":{"value":"","expiresAt":0},"refreshToken":{"value":"","role":"none"}}"#, 65,
                "initial value"
            ),
            (["discard", "first cart"], "", 64, "--yes"),
            (["restore", "first cart"], "", 65, "isn't discarded"),
            (["--read-only", "discard", "first cart", "--yes"], "", 77, "read-only"),
            (["renew"], "", 64, "--all"),
            (["list", "--state", "nonsense"], "", 64, "nonsense"),
            (["list", "--filter", "cart state:expird", "--json"], "", 64, "Known values: valid, expiring"),
            (["generate", "--issuer", "http://example.com"], "", 78, "https://"),
            (["generate", "--issuer", "http://127.0.0.1:1"], "", 69, "connection refused"),
            (["generate", "--count", "0"], "", 64, "--count"),
            (["generate", "--store", "/proc/nope/x.sqlite"], "", 73, "can't be created: no such file"),
            (["list", "--store", "mysql://host/db"], "", 78, "Unknown kind of store"),
            (["list", "--store", "/nowhere/sessions.sqlite"], "", 74, "No store at"),
            (["list", "--store", ""], "", 64, "needs a path"),
            (["serve", "--access-lifetime", "0s"], "", 64, "at least one second"),
            (["watch", "--until", "expird"], "", 64, "Did you mean “expired”?"),
            (["watch", "--exec", "true"], "", 64, "--exec requires --until"),
            (["generate", "--client-id", "zzz"], "", 78, "isn't a Wix client ID"),
            (["list", "--filter", "stat:valid"], "", 64, "state:"),
            (["list", "--profile", "staging"], "", 78, "no profile “staging”"),
            (["list", "--config", "/nowhere.yml"], "", 78, "doesn't exist"),
            (["lst"], "", 64, "Did you mean “list”?"),
            (["set", "first cart", "/"], "", 65, "it's a folder"),
            (["import", "/"], "", 65, "isn't a Firefox profile"),
            (["inspect"], "", 64, "session-inspector list"),
            (["demo"], "", 64, "session-inspector list"),
        ])
    func badInput(arguments: [String], input: String, status: Int32, sentence: String) async throws {
        let all = try await prepared()
        let before = try await all.sandbox.sessions() as NSArray
        let run = try await all.sandbox.run(arguments, input: input)
        #expect(run.status == status, "\(run.errors)")
        #expect(run.errors.contains(sentence), "\(run.errors)")
        #expect(run.output.isEmpty)
        #expect(try await all.sandbox.sessions() as NSArray == before)
    }

    @Test("An ambiguous name lists its candidates")
    func ambiguous() async throws {
        let all = try await prepared()
        let again = try await all.sandbox.run(["generate", "--issuer", all.issuer.url, "--label", "first cart"])
        #expect(again.status == 0)
        let run = try await all.sandbox.run(["show", "first cart"])
        #expect(run.status == 64)
        #expect(run.errors.contains(all.id.filter { $0 != "-" }.prefix(12)))
    }

    @Test("A missing or invalid client ID is a configuration error")
    func clientID() async throws {
        let all = try await prepared()
        let missing = try await all.sandbox.run(
            ["generate", "--issuer", all.issuer.url], environment: ["WIX_CLIENT_ID": ""])
        #expect(missing.status == 78 && missing.errors.contains("--client-id"))
        let wrong = try await all.sandbox.run(["generate", "--issuer", all.issuer.url, "--client-id", "zzz"])
        #expect(wrong.status == 78 && wrong.errors.contains("client ID"))
    }

    @Test("A session with a revoked refresh token is refused and kept")
    func revoked() async throws {
        let all = try await prepared(["--refresh-lifetime", "1s", "--access-lifetime", "1s"])
        // The refresh token is valid for a second: wait until the issuer considers it expired.
        var run = try await all.sandbox.run(["renew", all.id, "--issuer", all.issuer.url])
        while run.status == 0 {
            run = try await all.sandbox.run(["renew", all.id, "--issuer", all.issuer.url])
        }
        #expect(run.status == 69)
        #expect(try await all.sandbox.sessions()[0]["state"] as? String == "refused")
    }

    @Test("Without its key a store isn't opened, and nothing is written")
    func missingKey() async throws {
        let all = try await prepared()
        let key = all.sandbox.home.appending(path: ".config/session-inspector/key")
        let kept = try Data(contentsOf: key)
        try FileManager.default.removeItem(at: key)
        let run = try await all.sandbox.run(["list"])
        #expect(run.status == 78 && run.errors.contains("SESSION_INSPECTOR_KEY"))
        #expect(!FileManager.default.fileExists(atPath: key.path))

        let other = try await all.sandbox.run(
            ["list"], environment: ["SESSION_INSPECTOR_KEY": Data(repeating: 7, count: 32).base64EncodedString()])
        #expect(other.status == 78)
        let same = String(decoding: kept, as: UTF8.self).trimmingCharacters(in: .whitespacesAndNewlines)
        #expect(try await all.sandbox.run(["list"], environment: ["SESSION_INSPECTOR_KEY": same]).status == 0)
        #expect(try await all.sandbox.run(["list"], environment: ["SESSION_INSPECTOR_KEY": "short"]).status == 78)
    }

    @Test("Files that aren't stores and newer stores are rejected unchanged")
    func foreignFiles() async throws {
        let all = try await prepared()
        let foreign = all.sandbox.home.appending(path: "notes.txt")
        try Data("my notes, which are long enough to look at".utf8).write(to: foreign)
        let run = try await all.sandbox.run(["list", "--store", foreign.path])
        #expect(run.status == 74, "\(run.errors)")
        #expect(try String(contentsOf: foreign, encoding: .utf8).hasPrefix("my notes"))
    }

    @Test("No file contains tokens, and each is readable only by its owner")
    func files() async throws {
        let all = try await prepared()
        #expect(try await all.sandbox.run(["renew", all.id, "--issuer", all.issuer.url]).status == 0)
        let token = try await all.sandbox.run(["token", all.id, "--issuer", all.issuer.url]).output
        let secret = try #require(token.split(separator: ".").last?.trimmingCharacters(in: .whitespacesAndNewlines))
        #expect(!secret.isEmpty)
        let files = all.sandbox.files()
        #expect(files.contains { $0.path.hasSuffix("sessions.sqlite") })
        for file in files {
            #expect(file.mode == 0o600, "\(file.path)")
            let bytes = try Data(contentsOf: all.sandbox.home.appending(path: file.path))
            for secret in ["OauthNG.JWS", "JWS.ey", secret] {
                #expect(bytes.range(of: Data(secret.utf8)) == nil, "\(file.path)")
            }
        }
    }

    @Test(
        "Error messages don't repeat a token typed in the wrong place",
        arguments: [
            ["token", "first cart", "OauthNG.JWS.planted"], ["list", "--state", "eyJplantedplanted.eyJ.c2ln"],
            ["show", "JWS.planted.planted"], ["set", "--new", "OauthNG.JWS.planted"], ["renew", "--JWS.planted"],
            ["OauthNG.JWS.planted"], ["token", "first cart", "--minimum-lifetime", "JWS.planted.planted"],
        ])
    func misplacedTokens(arguments: [String]) async throws {
        let run = try await Sandbox().run(arguments)
        #expect(run.status != 0)
        #expect(!(run.output + run.errors).contains("planted"), "\(run.errors)")
        #expect(!run.errors.isEmpty)
    }

    @Test("serve stops on Ctrl-C and prints statistics")
    func serve() async throws {
        let all = try await prepared()
        #expect(all.issuer.stop() == 0)
    }

    @Test("A configured profile is used, and an unknown key is rejected")
    func profiles() async throws {
        let all = try await prepared()
        let folder = all.sandbox.home.appending(path: ".config/session-inspector")
        let file = folder.appending(path: "config.yml")
        try Data("profiles:\n  local:\n    issuer: \(all.issuer.url)\n    read-only: false\n".utf8).write(to: file)
        #expect(try await all.sandbox.run(["renew", all.id, "--profile", "local"]).status == 0)
        try Data("profiles:\n  local:\n    isuer: x\n".utf8).write(to: file)
        let run = try await all.sandbox.run(["list"])
        #expect(run.status == 78 && run.errors.contains("isuer"))
    }

    @Test("Concurrent processes redeem an expired session's token once and get the same result")
    func processes() async throws {
        let all = try await prepared(["--rotate"])
        // The same tokens, which expire now. An expiry before the token was issued would be ignored.
        let revealed = try await all.sandbox.run(["show", all.id, "--reveal", "--json"])
        let expired = revealed.output.replacing(
            /"expiresAt" : [0-9]+/, with: "\"expiresAt\" : \(Int(Date().timeIntervalSince1970))")
        let document = try #require(try JSONSerialization.jsonObject(with: Data(expired.utf8)) as? [String: Any])
        let tokens = try JSONSerialization.data(withJSONObject: try #require(document["tokens"]))
        let stored = try await all.sandbox.run(["set", all.id], input: String(decoding: tokens, as: UTF8.self))
        #expect(stored.output.contains("expired"), "\(stored.errors)")

        let arguments = ["token", all.id, "--issuer", all.issuer.url]
        let answers = try await withThrowingTaskGroup(of: Sandbox.Run.self) { group in
            for _ in 0..<8 { group.addTask { try await all.sandbox.run(arguments) } }
            return try await group.reduce(into: []) { $0.append($1) }
        }
        #expect(answers.allSatisfy { $0.status == 0 }, "\(answers.map(\.errors))")
        #expect(Set(answers.map(\.output)).count == 1)
        let stats = try await all.issuer.stats()
        #expect(stats["redemptions"] == 1 && stats["reuses"] == 0)
    }
}
