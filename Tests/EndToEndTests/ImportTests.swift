import Foundation
import Testing

@Suite("Partial imports", .timeLimit(.minutes(3)))
struct ImportTests {
    private let sandbox: Sandbox

    init() throws {
        sandbox = try Sandbox()
    }

    /// A line exported by an application. `clientID` may be missing.
    private func line(_ name: String, clientID: String? = nil, access: String = "access", ends: Int = 4_000_000_000)
        -> String
    {
        let tokens =
            #"{"accessToken":{"value":"\#(access)-\#(name)","expiresAt":\#(ends)},"#
            + #""refreshToken":{"value":"refresh-\#(name)","role":"visitor"}}"#
        return clientID.map { #"{"clientId":"\#($0)","tokens":\#(tokens)}"# } ?? tokens
    }

    private func file(_ name: String, _ lines: String...) throws -> String {
        let url = sandbox.home.appending(path: name)
        try Data(lines.map { $0 + "\n" }.joined().utf8).write(to: url)
        return url.path
    }

    @Test(
        "A broken first line is reported, and the others are imported",
        arguments: [#"{"accessToken":{"val"#, #"ue":"x"}}"#, #"{"a":}"#])
    func firstLine(broken: String) async throws {
        let run = try await sandbox.run(["import", try file("a.jsonl", broken, line("a"), line("b"))])
        #expect(run.status == 65 && run.errors.contains("line 1: "), "\(run.errors)")
        #expect(!run.errors.contains("(line 1"), "\(run.errors)")
        #expect(run.errors.contains("2 added, 0 updated, 0 unchanged, 1 unreadable"), "\(run.errors)")
        #expect(try await sandbox.sessions().count == 2)
    }

    @Test("The place of tokens is their line, and their place in it if it has one")
    func places() async throws {
        let plain = ["1", "2"].map { "JWS.e30.e30.\($0)" }.joined(separator: " ")
        let path = try file("a.jsonl", line("a"), plain, "[\(line("b")),\(line("c"))]")
        let run = try await sandbox.run(["import", path])
        let places = run.output.split(separator: "\n").map { $0.dropFirst("added ".count + 37) }
        #expect(places == ["line 1", "line 2", "line 2", "line 3, item 1", "line 3, item 2"], "\(run.errors)")
    }

    /// What people do to a backup before they restore it.
    enum Layout: CaseIterable {
        case original, reversed, commented, array, indented, indentedArray

        func applied(to lines: [Substring]) throws -> String {
            func indented(_ line: Substring) throws -> String {
                let object = try JSONSerialization.jsonObject(with: Data(line.utf8))
                return String(
                    decoding: try JSONSerialization.data(withJSONObject: object, options: .prettyPrinted), as: UTF8.self
                )
            }
            return switch self {
            case .original: lines.joined(separator: "\n")
            case .reversed: lines.reversed().joined(separator: "\n")
            case .commented: "// Monday's backup {\n" + lines.joined(separator: "\n")
            case .array: "[" + lines.joined(separator: ",") + "]"
            case .indented: try lines.map(indented).joined(separator: "\n")
            case .indentedArray: "[\n" + (try lines.map(indented).joined(separator: ",\n")) + "\n]"
            }
        }
    }

    @Test("A backup is restored in any layout, as a dry run says", arguments: Layout.allCases)
    func backup(layout: Layout) async throws {
        let (issued, other) = (try Sandbox(), try Sandbox())
        let issuer = try await Issuer(issued)
        #expect(try await issued.run(["generate", "--issuer", issuer.url, "--label", "whole"]).status == 0)
        let token = try await issued.run(["token", "whole"]).output
        for label in ["half", "the other half"] {
            let run = try await issued.run(["set", "--new", "--label", label], input: "Authorization: \(token)")
            #expect(run.status == 0, "\(run.errors)")
        }
        let lines = try await issued.run(["export", "--all", "--as", "session"]).output.split(separator: "\n")
        let backup = try layout.applied(to: lines) + "\n"
        let planned = try await other.run(["import", "--dry-run", "-"], input: backup)
        #expect(planned.output.contains("3 to add") || planned.errors.contains("3 to add"), "\(planned)")
        for added in ["3 added", "3 unchanged"] {
            let run = try await other.run(["import", "-"], input: backup)
            #expect(run.output.contains(added) || run.errors.contains(added), "\(run)")
        }
        #expect(
            try await other.sessions().compactMap { $0["label"] as? String }.sorted() == [
                "half", "the other half", "whole",
            ])
    }

    @Test("A backup replaces tokens that the issuer has refused")
    func refused() async throws {
        let issuer = try await Issuer(sandbox)
        func run(_ arguments: String..., input: String = "") async throws -> Sandbox.Run {
            try await sandbox.run(arguments, input: input, environment: ["SESSION_INSPECTOR_ISSUER": issuer.url])
        }
        #expect(try await run("generate", "--label", "cart").status == 0)
        let backup = try await run("export", "cart", "--as", "session").output
        #expect(try await run("set", "cart", "--yes", input: #"{"refreshToken":"wrong"}"#).status == 0)
        #expect(try await run("renew", "cart").status == 69)
        let imported = try await run("import", "-", input: backup)
        #expect(imported.status == 0 && imported.errors.contains("1 updated"), "\(imported)")
        #expect(try await run("renew", "cart").status == 0)
    }

    @Test("Automatic renewal serves issuers on this machine without being told")
    func otherIssuer() async throws {
        let (source, issuer) = (try Sandbox(), try await Issuer(sandbox, ["--access-lifetime", "8s"]))
        #expect(try await source.run(["generate", "--issuer", issuer.url]).status == 0)
        let backup = try await source.run(["export", "--all", "--as", "session"]).output
        let automatic = backup.replacing(#""autoRenew":false"#, with: #""autoRenew":true"#)
        #expect(automatic != backup)
        #expect(try await sandbox.run(["import", "-"], input: automatic).status == 0)
        let watched = try await sandbox.run(["watch", "--since", "0", "--renew", "--until", "renewed"])
        #expect(watched.status == 0 && watched.output.contains("renewed"), "\(watched)")
    }

    @Test("A dry run counts a session that its file has twice once")
    func repeatedInDryRun() async throws {
        let line = line("a", clientID: UUID().uuidString)
        for arguments in [["import", "--dry-run", "-"], ["import", "-"]] {
            let run = try await sandbox.run(arguments, input: "\(line)\n\(line)\n")
            #expect((run.output + run.errors).contains("1 unchanged"), "\(run)")
        }
    }

    @Test("An unreadable file doesn't stop the others")
    func severalFiles() async throws {
        let files = [try file("a.jsonl", line("a")), "nowhere.jsonl", try file("b.jsonl", line("b"))]
        let run = try await sandbox.run(["import"] + files)
        #expect(run.status == 65 && run.errors.contains("nowhere.jsonl” can't be read"), "\(run.errors)")
        #expect(run.errors.contains("2 added, 0 updated, 0 unchanged, 1 unreadable"), "\(run.errors)")
    }

    @Test("A damaged Firefox database is reported, and the other files are imported")
    func damagedFirefox() async throws {
        let database = sandbox.home.appending(path: "cookies.sqlite")
        for damaged in [
            Data("SQLite format 3\0".utf8) + Data(repeating: 7, count: 8192), Data("SQLite format 3\0".utf8),
        ] {
            try damaged.write(to: database)
            let files = [try file("a.jsonl", line("a")), database.path, try file("b.jsonl", line("b"))]
            let run = try await sandbox.run(["import", "--dry-run"] + files)
            #expect(run.status == 65 && run.errors.contains("The cookies can't be read"), "\(run.errors)")
            #expect(run.errors.contains("Dry run: 2 to add, 0 to update, 0 unchanged, 1 unreadable"))
        }
    }

    @Test("Lines without a client are reported and skipped if no client is configured", arguments: [[], ["--dry-run"]])
    func noClient(options: [String]) async throws {
        let path = try file("a.jsonl", line("a", clientID: "own"), line("b"), line("c", clientID: "own"))
        let run = try await sandbox.run(["import", path] + options, environment: ["WIX_CLIENT_ID": ""])
        #expect(run.status == 78 && run.errors.contains("line 2: Skipped: no client ID"), "\(run.errors)")
        let counts = options.isEmpty ? "2 added, 0 updated" : "Dry run: 2 to add, 0 to update"
        #expect(run.errors.contains("\(counts), 0 unchanged, 1 without a client ID"), "\(run.errors)")
    }

    @Test("Control characters in a label become spaces, and a warning says so")
    func controlCharactersInLabels() async throws {
        let exported = #"{"id":"7c9e6679-7425-40de-944b-e07fc1f90ae7","label":"a\tb\u0000c","tokens":\#(line("a"))}"#
        let run = try await sandbox.run(["import", try file("a.jsonl", exported)])
        #expect(
            run.status == 0 && run.output.contains("control characters in its label were replaced with spaces"),
            "\(run.output)")
        #expect(try await sandbox.sessions().first?["label"] as? String == "a b c")
    }

    @Test("A dry run creates neither a store nor a key")
    func dryRun() async throws {
        let path = try file("a.jsonl", line("a"))
        for store in [[], ["--store", sandbox.home.appending(path: "other.sqlite").path]] {
            let run = try await sandbox.run(["import", "--dry-run", path] + store)
            #expect(run.status == 0 && run.output.contains("would add"), "\(run.errors)")
        }
        #expect(sandbox.files().map(\.path) == ["a.jsonl"])
    }

    @Test("A session stored for another client is reported")
    func otherClient() async throws {
        #expect(try await sandbox.run(["import", try file("a.jsonl", line("a"))]).status == 0)
        let same = try await sandbox.run(["import", try file("b.jsonl", line("a", clientID: "other"))])
        #expect(
            same.output.contains(
                "client ID other here, \(Sandbox.clientID) in the stored session; \(Sandbox.clientID) is kept"))
        let stored = try await sandbox.sessions().first?["clientID"] as? String
        #expect(stored == Sandbox.clientID)
        let newer = line("a", clientID: "other", access: "newer", ends: 4_000_000_001)
        let updated = try await sandbox.run(["import", try file("c.jsonl", newer)])
        #expect(updated.output.contains("\(Sandbox.clientID) is replaced"), "\(updated.output)")
        let replaced = try await sandbox.sessions().first?["clientID"] as? String
        #expect(replaced == "other")
    }

    @Test("A key in the environment opens every session and isn't passed to child processes")
    func keyInEnvironment() async throws {
        let key = ["SESSION_INSPECTOR_KEY": Data(repeating: 7, count: 32).base64EncodedString()]
        #expect(try await sandbox.run(["import", try file("a.jsonl", line("a"))], environment: key).status == 0)
        let id = try await sandbox.run(["list", "--json"], environment: key).output
        let sessions = try JSONSerialization.jsonObject(with: Data(id.utf8)) as? [[String: Any]]
        let session = try #require(sessions?.first?["id"] as? String)
        let run = try await sandbox.run(["exec", session, "--", "env"], environment: key)
        #expect(run.output.contains("WIX_ACCESS_TOKEN=access-a") && !run.output.contains("SESSION_INSPECTOR_KEY"))
    }
}
