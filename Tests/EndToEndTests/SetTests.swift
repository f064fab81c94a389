import Foundation
import TestProcesses
import Testing

/// What `set` and `import` do to stored tokens.
@Suite("Only valid tokens replace stored ones", .timeLimit(.minutes(3)))
struct SetTests {
    private static func claims(_ json: String) -> String {
        Data(json.utf8).base64EncodedString().replacing("=", with: "").replacing("+", with: "-").replacing(
            "/", with: "_")
    }

    private static func access(_ visitor: String) -> String {
        "OauthNG.JWS.\(claims("{}")).\(claims(#"{"data":"{\"instance\":{\"aid\":\"\#(visitor)\"}}","exp":4000000000}"#)).sig-\(visitor)"
    }

    private static func refresh(_ visitor: String) -> String {
        "JWS.\(claims("{}")).\(claims(#"{"data":"\"\#(visitor)\"","exp":4000000000}"#)).sig-\(visitor)"
    }

    private static func sdk(_ access: String, _ refresh: String) -> String {
        #"{"accessToken":{"value":"\#(access)","expiresAt":0},"refreshToken":{"value":"\#(refresh)","role":"visitor"}}"#
    }

    /// A sandbox with a session `cart` of visitor 1.
    private func prepared() async throws -> Sandbox {
        let sandbox = try Sandbox()
        let run = try await sandbox.run(
            ["set", "--new", "--label", "cart"], input: Self.sdk(Self.access("1"), Self.refresh("1")))
        #expect(run.status == 0, "\(run.errors)")
        return sandbox
    }

    private func tokens(_ sandbox: Sandbox) async throws -> (access: String?, refresh: String?, visitor: String?) {
        let run = try await sandbox.run(["show", "cart", "--reveal", "--json"])
        let document = try JSONSerialization.jsonObject(with: Data(run.output.utf8)) as? [String: Any]
        let tokens = document?["tokens"] as? [String: [String: Any]]
        return (
            tokens?["accessToken"]?["value"] as? String, tokens?["refreshToken"]?["value"] as? String,
            document?["visitorID"] as? String
        )
    }

    @Test("Setting the tokens that a session has changes nothing")
    func sameTokens() async throws {
        let sandbox = try await prepared()
        let before = try await sandbox.run(["show", "cart", "--json"]).output
        for text in [Self.access("1"), Self.sdk(Self.access("1"), Self.refresh("1")), Self.refresh("1")] {
            let run = try await sandbox.run(["set", "cart"], input: text)
            #expect(run.status == 0 && run.errors.contains("already has these tokens"), "\(run.errors)")
        }
        #expect(try await sandbox.run(["show", "cart", "--json"]).output == before)
    }

    @Test(
        "A placeholder never replaces a token",
        arguments: [
            #"{"refreshToken":"undefined"}"#, #"{"refreshToken":{"value":"null"}}"#, "wix_refreshToken=undefined",
            "wix_refreshToken=%5BREDACTED%5D", "undefined", "$WIX_REFRESH_TOKEN", "Authorization: Bearer null",
            #"{"access_token":"<token>","refresh_token":"***"}"#, #"{"value":"{{token}}","role":"visitor"}"#,
        ])
    func placeholder(text: String) async throws {
        let sandbox = try await prepared()
        let run = try await sandbox.run(["set", "cart"], input: text)
        #expect(run.status == 65 && run.errors.contains("placeholder"), "\(run.errors)")
        #expect(try await tokens(sandbox) == (Self.access("1"), Self.refresh("1"), "1"))
        let other = try await sandbox.run(["import", "-"], input: text)
        #expect(other.status == 65, "\(other.errors)")
        #expect(try await sandbox.sessions().count == 1)
    }

    @Test(
        "An access token next to an invalid refresh token is set, and the old refresh token is kept",
        arguments: ["undefined", access("1")])
    func besidePlaceholder(refresh: String) async throws {
        let sandbox = try await prepared()
        let newer = Self.access("1") + "-newer"
        let text = Self.sdk(newer, refresh == "undefined" ? refresh : newer)
        let run = try await sandbox.run(["set", "cart"], input: text)
        #expect(run.status == 0 && run.errors.contains("refreshToken.value"), "\(run.errors)")
        #expect(try await tokens(sandbox) == (newer, Self.refresh("1"), "1"))
        let others = try await sandbox.run(["set", "cart"], input: Self.sdk(Self.access("2"), "undefined"))
        #expect(others.status == 65 && others.errors.contains("Nothing was changed"), "\(others.errors)")
        #expect(try await tokens(sandbox) == (newer, Self.refresh("1"), "1"))
    }

    @Test("A named issuer is stored with new tokens, and another one never gets them")
    func keepsIssuer() async throws {
        let sandbox = try Sandbox()
        let named = try await sandbox.run(
            ["set", "--new", "--label", "cart", "--issuer", "http://127.0.0.1:1"],
            input: Self.sdk(Self.access("1"), Self.refresh("1")))
        #expect(named.status == 0, "\(named.errors)")
        let renewed = try await sandbox.run(["renew", "cart", "--issuer", "http://127.0.0.1:2"])
        #expect(renewed.status == 78 && renewed.errors.contains("weren't sent"), "\(renewed.errors)")
    }

    @Test(
        "If the issuer refuses tokens that were just set, the error says how to restore the previous ones",
        arguments: [["renew"], ["token"], ["request", "/api/probe"]])
    func undoIsSuggested(command: [String]) async throws {
        let sandbox = try Sandbox()
        let issuer = try await Issuer(sandbox)
        _ = try await sandbox.run(["generate", "--issuer", issuer.url, "--label", "cart"])
        let refused = #"{"accessToken":{"value":"opaque","expiresAt":1},"refreshToken":{"value":"unknown"}}"#
        let set = try await sandbox.run(["set", "cart", "--yes"], input: refused)
        #expect(set.status == 0, "\(set.errors)")
        let path = command.dropFirst().map { issuer.url + $0 }
        let run = try await sandbox.run([command[0], "cart"] + path)
        #expect(run.status != 0 && run.errors.contains("session-inspector set --undo"), "\(run.errors)")
    }

    @Test("A set that was undone is redone only on demand")
    func undoneSet() async throws {
        let sandbox = try await prepared()
        #expect(
            try await sandbox.run(["set", "cart"], input: Self.sdk(Self.access("2"), Self.refresh("2"))).status == 0)
        #expect(try await sandbox.run(["set", "--undo", "cart"]).status == 0)
        let again = try await sandbox.run(["set", "--undo", "cart"])
        #expect(again.status == 64 && again.errors.contains("already been undone"), "\(again.errors)")
        #expect(try await tokens(sandbox) == (Self.access("1"), Self.refresh("1"), "1"))
        // A set that was redone is undone like any other.
        #expect(try await sandbox.run(["set", "--undo", "--yes", "cart"]).status == 0)
        #expect(try await tokens(sandbox) == (Self.access("2"), Self.refresh("2"), "2"))
        #expect(try await sandbox.run(["set", "--undo", "cart"]).status == 0)
        #expect(try await tokens(sandbox) == (Self.access("1"), Self.refresh("1"), "1"))
    }

    @Test("The inspector undoes a set of the command line once, after a question, and a second u changes nothing")
    func undoneInInspector() async throws {
        let sandbox = try await prepared()
        #expect(
            try await sandbox.run(["set", "cart"], input: Self.sdk(Self.access("2"), Self.refresh("2"))).status == 0)
        let terminal = try await Terminal(sandbox, [])
        try await terminal.await("cart")
        try await terminal.press("u")
        try await terminal.await("Restore the previous tokens of this session?")
        try await terminal.press("y")
        try await terminal.await("^r redoes.")
        #expect(try await tokens(sandbox) == (Self.access("1"), Self.refresh("1"), "1"))
        try await terminal.press("u")
        try await terminal.await("Nothing to undo.")
        #expect(try await tokens(sandbox) == (Self.access("1"), Self.refresh("1"), "1"))
    }

    @Test("A swapped pair is corrected with a notice")
    func swapped() async throws {
        let sandbox = try await prepared()
        let run = try await sandbox.run(["set", "cart"], input: Self.sdk(Self.refresh("2"), Self.access("2")))
        #expect(run.status == 0 && run.errors.contains("were swapped"), "\(run.errors)")
        #expect(try await tokens(sandbox) == (Self.access("2"), Self.refresh("2"), "2"))
        let imported = try await sandbox.run(["import", "-"], input: Self.sdk(Self.refresh("3"), Self.access("3")))
        #expect(imported.status == 0 && imported.output.contains("were swapped"), "\(imported.output)")
    }

    @Test("Setting a refresh token alone keeps the access token and visitor")
    func refreshTokenAlone() async throws {
        let sandbox = try await prepared()
        let run = try await sandbox.run(["set", "cart"], input: #"{"refreshToken":"\#(Self.refresh("9"))"}"#)
        #expect(run.status == 0 && run.errors.contains("keeps its access token"), "\(run.errors)")
        #expect(try await tokens(sandbox) == (Self.access("1"), Self.refresh("9"), "1"))
    }

    @Test("Without a terminal, replacing a Wix token by another form requires --yes")
    func replacingWixToken() async throws {
        let sandbox = try await prepared()
        let run = try await sandbox.run(["set", "cart"], input: Self.sdk("opaque-a", "opaque-r"))
        #expect(run.status == 65 && run.errors.contains("Use --yes"), "\(run.errors)")
        #expect(try await tokens(sandbox) == (Self.access("1"), Self.refresh("1"), "1"))
        let newer =
            #"{"accessToken":{"value":"opaque-a","expiresAt":4100000000},"refreshToken":{"value":"\#(Self.refresh("1"))"}}"#
        for arguments in [["import", "-"], ["set", "--new"]] {
            #expect(try await sandbox.run(arguments, input: newer).status == 0)
            #expect(try await tokens(sandbox) == (Self.access("1"), Self.refresh("1"), "1"))
        }
        let done = try await sandbox.run(["set", "cart", "--yes"], input: Self.sdk("opaque-a", "opaque-r"))
        #expect(done.status == 0, "\(done.errors)")
        #expect(try await tokens(sandbox) == ("opaque-a", "opaque-r", nil))
    }

    @Test("At a terminal, replacing a Wix token by another form requires y", arguments: ["n", "y"])
    func terminal(answer: String) async throws {
        let sandbox = try await prepared()
        let file = sandbox.home.appending(path: "t.json")
        try Data(Self.sdk("opaque-a", "opaque-r").utf8).write(to: file)
        let terminal = try await Terminal(sandbox, nil, width: 200)
        try await terminal.type("\(Sandbox.program.path) set cart \(file.path); echo status=$?")
        try await terminal.await("Set these tokens anyway? [y/N]")
        try await terminal.type(answer)
        try await terminal.await("status=0")
        #expect(try await tokens(sandbox).access == (answer == "y" ? "opaque-a" : Self.access("1")))
    }

    @Test("Tokens of two visitors are never paired, and a message says so")
    func twoVisitors() async throws {
        let sandbox = try await prepared()
        let lines = [Self.access("2"), Self.access("3"), Self.refresh("2"), Self.refresh("3")].joined(separator: "\n")
        let set = try await sandbox.run(["set", "cart"], input: lines)
        #expect(set.status == 65 && set.errors.contains("none were paired"), "\(set.errors)")
        let imported = try await sandbox.run(["import", "-"], input: lines)
        #expect(imported.status == 0 && imported.errors.contains("none were paired"), "\(imported.errors)")
        let export = try await sandbox.run(["export", "--all", "--as", "sdk"])
        #expect(
            export.output.split(separator: "\n").filter { $0.contains("OauthNG.") && $0.contains("\"JWS.") }.count == 1)
    }

    @Test("Tokens of a discarded session are reported with the command that restores it")
    func discarded() async throws {
        let sandbox = try await prepared()
        let id = try #require(try await sandbox.sessions().first?["id"] as? String)
        #expect(try await sandbox.run(["discard", "cart", "--yes"]).status == 0)
        let pair = Self.sdk(Self.access("1"), Self.refresh("1"))
        let restoring = "`session-inspector restore \(id.prefix(8))` restores it"
        let run = try await sandbox.run(["import", "-"], input: pair)
        #expect(run.output.contains("the session is discarded: \(restoring)"), "\(run.output)")
        #expect(run.errors.contains("1 unchanged. The unchanged session is discarded: \(restoring)."), "\(run.errors)")
        let set = try await sandbox.run(["set", "--new"], input: pair)
        let holder = "The discarded session \(id) has the same tokens"
        #expect(set.status == 0 && set.errors.contains(holder), "\(set.errors)")
        #expect(set.errors.contains("session-inspector restore \(id.prefix(8))"))
    }

    @Test("A second session with the same access token is named")
    func sharedAccessToken() async throws {
        let sandbox = try await prepared()
        let set = try await sandbox.run(["set", "--new"], input: "Authorization: \(Self.access("1"))")
        #expect(set.status == 0 && set.errors.contains("“cart” has the same access token."), "\(set.errors)")
    }
}
