import Foundation
import TestProcesses
import Testing

@Suite("Importing and exporting tokens", .timeLimit(.minutes(3)))
struct TokensInAndOutTests {
    private static let fixtures = URL(filePath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
        .appending(path: "WixHeadlessTests/Fixtures")

    private struct Prepared {
        let sandbox: Sandbox
        let issuer: Issuer

        func run(_ arguments: String..., input: String = "") async throws -> Sandbox.Run {
            try await sandbox.run(arguments, input: input, environment: ["SESSION_INSPECTOR_ISSUER": issuer.url])
        }

        /// Runs a shell line in which `inspector` is the program.
        func shell(_ line: String) async throws -> (status: Int32, output: String) {
            let file = sandbox.scratchFile()
            defer { unlink(file) }
            let child = try ChildProcess(
                ["sh", "-c", "inspector() { \"\(Sandbox.program.path)\" \"$@\"; }; \(line)"],
                environment: sandbox.environment(["SESSION_INSPECTOR_ISSUER": issuer.url, "URL": issuer.url]),
                output: file, errors: file)
            return (await child.end(), try String(contentsOfFile: file, encoding: .utf8))
        }
    }

    private func prepared() async throws -> Prepared {
        let sandbox = try Sandbox()
        let all = Prepared(sandbox: sandbox, issuer: try await Issuer(sandbox))
        #expect(try await all.run("generate", "--label", "cart").status == 0)
        return all
    }

    @Test("Each export format works with its tool")
    func export() async throws {
        let all = try await prepared()
        let access = try await all.run("token", "cart").output.trimmingCharacters(in: .newlines)
        let sourced = try await all.shell(
            "inspector export cart --as env > e && . ./e && echo \"$WIX_ACCESS_TOKEN\"; rm -f e")
        #expect(sourced.output.trimmingCharacters(in: .newlines) == access)
        let curl = try await all.shell("inspector export cart --as curl | curl -s -K - $URL/api/carts")
        #expect(curl.output.contains(#""path":"/api/carts""#), "\(curl.output)")
        #expect(try await all.run("export", "cart", "--as", "header").output == "Authorization: \(access)\n")
        #expect(try await all.run("discard", "cart", "--yes").status == 0)
        for form in ["sdk", "cookie", "response"] {
            let text = try await all.run("export", "cart", "--as", form).output
            let stored = try await all.run("set", "--new", "--label", form, input: text)
            #expect(stored.status == 0, "\(stored.errors)")
            #expect(try await all.run("token", form).output == access + "\n")
            #expect(try await all.run("discard", form, "--yes").status == 0)
        }
        #expect(try await all.run("export", "--all", "--as", "env").status == 64)
    }

    @Test("A backup is restored without loss, and importing it again adds nothing")
    func backup() async throws {
        let all = try await prepared()
        #expect(try await all.run("generate", "--label", "zwei \"Gäste\"").status == 0)
        #expect(try await all.run("renew", "cart").status == 0)
        func backUp(_ store: String...) async throws -> [NSDictionary] {
            let run = try await all.sandbox.run(["export", "--all", "--as", "session"] + store)
            #expect(run.status == 0, "\(run.errors)")
            return try run.output.split(separator: "\n").map { line in
                var object = try #require(JSONSerialization.jsonObject(with: Data(line.utf8)) as? [String: Any])
                object["version"] = nil
                return object as NSDictionary
            }
            // The list is sorted by milliseconds, which a backup doesn't have.
            .sorted { ($0["id"] as? String ?? "") < ($1["id"] as? String ?? "") }
        }
        let file = all.sandbox.home.appending(path: "b.jsonl").path
        let before = try await backUp()
        #expect(before.count == 2)
        #expect(try await all.shell("inspector export --all --as session > \"\(file)\"").status == 0)
        let again = try await all.run("import", file)
        #expect(again.status == 0 && again.errors.contains("0 added, 0 updated, 2 unchanged"), "\(again.errors)")
        let other = all.sandbox.home.appending(path: "other.sqlite").path
        #expect(try await all.run("import", "--store", other, file).status == 0)
        #expect(try await backUp("--store", other) == before)
    }

    @Test(
        "Files of every kind are imported, and a second time changes nothing",
        arguments: [
            ("recording.har", "HAR file", 3, 0), ("storage-state.json", "Playwright storage state", 2, 0),
            ("cookies.txt", "cookies.txt", 2, 65), ("cookie-header.txt", "cookie header", 2, 0),
            ("lines.jsonl", "JSON Lines", 2, 65), ("two-tokens.txt", "text", 1, 0),
            ("a-sdk.json", "", 1, 0), ("b-refresh-token.json", "", 1, 0), ("c-client-tokens.json", "", 1, 0),
            ("d-local-storage.json", "", 1, 0), ("e-session-storage.txt", "refresh token", 1, 0),
            ("f-without-role.json", "", 1, 0), ("g-endpoint.json", "", 1, 0), ("h-dart.json", "", 1, 0),
            ("i-header.txt", "Authorization header", 1, 0),
        ] as [(String, String, Int, Int32)])
    func containers(file: String, kind: String, count: Int, status: Int32) async throws {
        let sandbox = try Sandbox()
        let path = Self.fixtures.appending(path: file).path
        let dry = try await sandbox.run(["import", "--dry-run", path])
        #expect(dry.status == status && dry.errors.contains(kind.isEmpty ? " found." : "(\(kind)): "), "\(dry.errors)")
        #expect(try await sandbox.sessions().isEmpty)
        let first = try await sandbox.run(["import", path])
        let log = sandbox.home.path + "/.local/state/session-inspector/sessions.sqlite-wal"
        let left = FileManager.default.fileExists(atPath: log) ? try Data(contentsOf: URL(filePath: log)).count : 0
        #expect(left == 0, "what was imported is in the file itself")
        #expect(first.status == status && first.errors.contains("\(count) added"), "\(first.errors)")
        let second = try await sandbox.run(["import", path])
        #expect(second.errors.contains("0 added, 0 updated, \(count) unchanged"), "\(second.errors)")
        #expect(try await sandbox.sessions().count == count)
        #expect(!(first.output + first.errors + second.errors).contains("JWS."))
    }

    @Test("Firefox's cookies are read from its database while it is open")
    func firefox() async throws {
        let sandbox = try Sandbox()
        let cookies = try String(contentsOf: Self.fixtures.appending(path: "cookies.txt"), encoding: .utf8)
        let value = try #require(
            cookies.split(separator: "\n").first { $0.contains("wix-session") }?.split(separator: "\t").last)
        let database = sandbox.home.appending(path: "cookies.sqlite").path
        let sql = """
            PRAGMA journal_mode=WAL; CREATE TABLE moz_cookies (id INTEGER PRIMARY KEY, name TEXT, value TEXT, host TEXT);
            INSERT INTO moz_cookies (name, value, host) VALUES ('theme', 'dark', 'a.example'),
              ('wix-session', '\(value)', 'shop.example'), ('blob', x'00FF', 'b.example');
            """
        #expect(await (try ChildProcess(["sqlite3", database, sql], environment: sandbox.environment())).end() == 0)
        let run = try await sandbox.run(["import", database])
        #expect(run.status == 0, "\(run.errors)")
        #expect(run.output.contains("cookie wix-session of shop.example"))
        #expect(try await sandbox.sessions().count == 1)
    }

    @Test("exec passes a token and signals to the command and returns its exit code")
    func exec() async throws {
        let all = try await prepared()
        let access = try await all.run("token", "cart").output
        #expect(try await all.run("exec", "cart", "--", "printenv", "WIX_ACCESS_TOKEN").output == access)
        #expect(try await all.run("exec", "cart", "--", "sh", "-c", "exit 7").status == 7)
        #expect(try await all.run("exec", "cart", "--", "sh", "-c", "kill -TERM $$").status == 128 + 15)
        #expect(try await all.run("exec", "cart", "--", "/nowhere").status == 127)
    }

    @Test("request renews once after a 401, prints the body and reports the status")
    func request() async throws {
        let all = try await prepared()
        #expect(try await all.shell("curl -s -d status=401@1:api $URL/development/faults").status == 0)
        let run = try await all.run("request", "cart", all.issuer.url + "/api/carts", "-d", "@-", input: #"{"a":1}"#)
        #expect(run.status == 0 && run.errors.contains("Status 200"), "\(run.errors)")
        #expect(run.output.contains(#""method":"POST""#) && run.output.contains(#"{\"a\":1}"#), "\(run.output)")
        #expect(try await all.issuer.stats()["redemptions"] == 1)
        #expect(try await all.run("request", "cart", "http://example.com/").status == 64)
        #expect(try await all.run("request", "cart", all.issuer.url + "/oauth2/nowhere").status == 69)
    }

    @Test("info prints the issuer's token info, and watch prints new events")
    func infoAndWatch() async throws {
        let all = try await prepared()
        let info = try await all.run("info", "cart", "--json")
        let object = try JSONSerialization.jsonObject(with: Data(info.output.utf8)) as? [String: Any]
        #expect(object?["active"] as? Bool == true && object?["clientID"] as? String == Sandbox.clientID)

        #expect(try await all.run("renew", "cart").status == 0)
        let watched = try await all.shell("inspector watch --since 0 --json | head -2")
        let events = try watched.output.split(separator: "\n").map {
            try JSONSerialization.jsonObject(with: Data($0.utf8)) as? [String: Any]
        }
        #expect(events.map { $0?["event"] as? String } == ["generated", "renewed"])
        let position = try #require(events.first??["position"] as? Int)
        let rest = try await all.shell("inspector watch --since \(position) | head -1")
        #expect(rest.output.contains("renewed"))
    }

    @Test("doctor exits with 0 only if all checks pass, and creates no visitor")
    func doctor() async throws {
        let all = try await prepared()
        let well = try await all.run("doctor", "--json")
        #expect(well.status == 0, "\(well.output)")
        #expect(try await all.issuer.stats()["issued"] == 1)
        #expect(try await all.shell("curl -s -d status=500 $URL/development/faults").status == 0)
        let failing = try await all.run("doctor")
        #expect(failing.status == 78 && failing.output.contains("✖ issuer"), "\(failing.output)")
        let key = all.sandbox.home.appending(path: ".config/session-inspector/key").path
        chmod(key, 0o644)
        let open = try await all.run("doctor")
        #expect(open.status == 78, "\(open.output)")
        #expect((open.output + open.errors).contains(key))
    }

    @Test("doctor creates neither a key nor a store")
    func doctorCreatesNothing() async throws {
        let sandbox = try Sandbox()
        let issuer = try await Issuer(sandbox)
        defer { issuer.stop() }
        for _ in 1...2 {
            let run = try await sandbox.run(["doctor", "--issuer", issuer.url])
            #expect(run.status == 0 && run.output.split(separator: "none yet:").count == 3, "\(run.output)")
        }
        let missing = try await sandbox.run(["doctor", "--issuer", issuer.url, "--store", "none.sqlite"])
        #expect(missing.status == 78 && missing.output.contains("No store at "), "\(missing.output)")
        let folders = [".config/session-inspector", ".local/state/session-inspector/sessions.sqlite", "none.sqlite"]
        for name in folders {
            #expect(!FileManager.default.fileExists(atPath: sandbox.home.appending(path: name).path), "\(name)")
        }
    }

    @Test("doctor names sessions whose tokens were altered")
    func alteredTokens() async throws {
        let all = try await prepared()
        let lines = (1...1200).map {
            #"{"access_token":"a-\#($0)","refresh_token":"r-\#($0)","expires_in":14400}"# + "\n"
        }
        #expect(try await all.run("import", "-", input: lines.joined()).status == 0)
        let few = try await all.run("doctor")
        #expect(few.status == 0 && few.output.contains("1201 stored; the newest 1000 can be decrypted"))
        let whole = try await all.run("doctor", "--all")
        #expect(whole.status == 0 && whole.output.contains("1201 stored, none damaged"), "\(whole.output)")
        let store = all.sandbox.home.appending(path: ".local/state/session-inspector/sessions.sqlite").path
        let sql =
            "UPDATE tokens SET refresh_sealed = zeroblob(60) WHERE session = (SELECT id FROM session WHERE label = 'cart')"
        #expect(await (try ChildProcess(["sqlite3", store, sql], environment: all.sandbox.environment())).end() == 0)
        let sessions = try await all.sandbox.sessions(["--filter", "cart"])
        let id = try #require(sessions.first?["id"] as? String)
        let found = try await all.run("doctor", "--all")
        #expect(found.status == 78 && found.output.contains("1 of 1201 is damaged: \(id)"), "\(found.output)")
    }

    @Test("After key rotation every token can be decrypted")
    func rotation() async throws {
        let all = try await prepared()
        let key = all.sandbox.home.appending(path: ".config/session-inspector/key")
        let access = try await all.run("token", "cart").output
        let old = try Data(contentsOf: key)
        let run = try await all.run("keys", "rotate")
        #expect(run.status == 0 && run.output == "1 session resealed.\n", "\(run.errors)")
        #expect(try Data(contentsOf: key) != old)
        #expect(try await all.run("token", "cart").output == access)
    }

    @Test("A full disk and a broken pipe are reported and don't crash")
    func brokenOutputs() async throws {
        let all = try await prepared()
        #expect(try await all.shell("inspector list > /dev/full").status == 74)
        #expect(try await all.shell("inspector list | head -1").output.hasPrefix("SESSION"))
        #expect(try await all.shell("NO_COLOR=1 inspector list | cat").output.contains("cart"))
    }

    /// Unreadable inputs and their error messages.
    private static let unreadable: [(String, String)] = [
        ("", "input is empty"), (" \r\n\t", "input is empty"), ("\u{FEFF}", "input is empty"),
        (#"{"accessToken":{"value":"planted-secret""#, "(column"),
        ("{\r\n\"accessToken\":\r\n{\"value\":\"planted-secret\",}", "line 3, column"),
        (String(repeating: "[", count: 100_000), "nested too deeply"),
        (#"{"accessToken":"# + String(repeating: #"{"a":"#, count: 100_000), "nested too deeply"),
        (#"{"accessToken":{"value":7,"expiresAt":1}}"#, "accessToken.value isn't a string"),
        (#"{"accessToken":["planted-secret"]}"#, "accessToken"),
        (#"{"refreshToken":{"value":"planted-secret"},"refreshToken":{"value":"b"}}"#, "twice in the same object"),
        (#"{"tokens":{"accessToken":{"value":["planted-secret"]}}}"#, "tokens.accessToken.value isn't a string"),
        ("{\"accessToken\":{\"value\":\"planted\0secret\"}}", "characters that aren't allowed in a token"),
        (#"{"accessToken":{"value":"planted\u0000-secret"}}"#, "characters that aren't allowed in a token"),
        ("planted-secret", "isn't clear whether"), ("planted-secret planted-secret", "contains no tokens"),
    ]

    @Test("Unreadable input is rejected with its position and without quoting it", arguments: unreadable)
    func refused(text: String, sentence: String) async throws {
        let sandbox = try Sandbox()
        for arguments in [["set", "--new"], ["import", "-"]] {
            let run = try await sandbox.run(arguments, input: text)
            #expect(run.status == 65 && run.output.isEmpty, "\(arguments): \(run.errors)")
            #expect(run.errors.contains(sentence), "\(arguments): \(run.errors)")
            #expect(!run.errors.contains("planted") && run.errors.utf8.count < 1000)
        }
        #expect(try await sandbox.sessions().isEmpty)
    }

    @Test("Numeric strings, a byte order mark and Windows line endings are accepted")
    func lenientInput() async throws {
        let sandbox = try Sandbox()
        let text =
            "\u{FEFF}{\r\n\"accessToken\":{\"value\":\"a\",\"expiresAt\":\"4000000000\"},\r\n\"refreshToken\":{\"value\":\"r\"}}\r\n"
        for arguments in [["set", "--new"], ["import", "-", "--store", "\(sandbox.home.path)/other.sqlite"]] {
            let run = try await sandbox.run(arguments, input: text)
            #expect(run.status == 0, "\(arguments): \(run.errors)")
        }
        #expect(try await sandbox.sessions()[0]["accessExpiresAt"] as? String == "2096-10-02T07:06:40Z")
    }
}
