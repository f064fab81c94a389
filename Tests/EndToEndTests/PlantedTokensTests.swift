import Foundation
import TestProcesses
import Testing

/// Runs every command with good input, bad input and a failing issuer, and searches everything it leaves behind for
/// tokens.
@Suite("Planted tokens", .timeLimit(.minutes(3)))
struct PlantedTokensTests {
    /// Tokens in Wix's formats and in an unknown format.
    private static let planted = [
        "OauthNG.JWS.eyJhbGciOiJIUzI1NiJ9.eyJwbGFudGVkIjoiYWNjZXNzLWNsYWltcyJ9.planted-access-signature",
        "JWS.eyJhbGciOiJIUzI1NiJ9.eyJwbGFudGVkIjoicmVmcmVzaC1jbGFpbXMifQ.planted-refresh-signature",
        "planted-opaque-token-of-no-issuer",
    ]
    private static let pair =
        #"{"accessToken":{"value":"\#(planted[0])","expiresAt":4000000000},"refreshToken":{"value":"\#(planted[1])","role":"visitor"}}"#

    /// Commands that print tokens.
    private static let revealing: [[String]] = [
        ["token", "cart"], ["token", "planted"], ["token", "cart", "--minimum-lifetime", "9h"],
        ["show", "cart", "--reveal"],
        ["show", "cart", "--reveal", "--json"], ["exec", "cart", "--", "printenv", "WIX_ACCESS_TOKEN"],
        ["export", "cart", "--as", "env"], ["export", "cart", "--as", "sdk"], ["export", "cart", "--as", "curl"],
        ["export", "--all", "--as", "session"],
    ]

    private static let silent: [[String]] = [
        ["list"], ["list", "--json"], ["list", "--filter", planted[0]], ["show", "cart"], ["show", "cart", "--json"],
        ["show", planted[1]], ["generate", "--label", "second"], ["renew", "cart"], ["renew", "--all", "--json"],
        ["renew", planted[0]], ["renew", "cart", "--issuer", "http://127.0.0.1:1"], ["info", "cart"],
        ["info", "cart", "--refresh-token", "--json"], ["info", "planted"], ["exec", "cart", "--", "true"],
        ["exec", "cart", "--", "/nowhere"], ["discard", "second", "--yes"], ["restore", "second"],
        ["import", "bad.jsonl"], ["import", "bad.jsonl", "--dry-run"], ["set", "cart", "bad.jsonl"],
        ["set", "--new", "broken.json"], ["set", "planted", "pair.json"], ["import", "pair.json"],
        ["export", "cart", "--as", planted[1]], ["token", "cart", "--minimum-lifetime", planted[1]],
        ["doctor"], ["doctor", "--json"], ["config"], ["keys", "rotate"], ["renew", "planted"],
        ["list", "--store", "broken.json"], ["--config", "broken.json", "list"], ["--profile", planted[1], "list"],
    ]

    private static let faults = [
        "drop@1", "drop-request@1", "truncate@1", "garbage@1", "status=500@1", "status=400@1", "refuse@1",
        "no-expiry@1",
    ]

    @Test(
        "No token appears on standard error, in arguments, titles or files, or in output that wasn't asked for it"
    )
    func everyCommand() async throws {
        let sandbox = try Sandbox()
        let issuer = try await Issuer(sandbox)
        let evidence = Evidence(sandbox, url: issuer.url)
        let files = [
            "pair.json": Self.pair, "broken.json": String(Self.pair.dropLast(3)),
            "bad.jsonl": Self.pair + "\n{\"accessToken\":\"\(Self.planted[2])\u{1}\"}\n" + Self.planted[2] + "\n"
                + "{\"refreshToken\":{\"value\":\"\(Self.planted[1])\",\"role\":\"\(Self.planted[2])\"}}\n",
        ]
        for (name, text) in files { try Data(text.utf8).write(to: sandbox.home.appending(path: name)) }

        try await evidence.run(["generate", "--label", "cart"])
        try await evidence.run(["set", "--new", "--label", "planted"], input: Self.pair)
        for arguments in Self.silent { try await evidence.run(arguments) }
        for arguments in Self.revealing { try await evidence.run(arguments, reveals: true) }
        for fault in Self.faults {
            try await evidence.run(["request", "cart", issuer.url + "/development/faults", "-X", "PUT", "-d", fault])
            try await evidence.run(["renew", "cart"])
            try await evidence.run(["info", "cart"])
        }
        try await evidence.run(["request", "cart", issuer.url + "/api/carts", "-H", "X-Mine: yes"])
        try await evidence.run(["request", "cart", "http://127.0.0.1:1/"])

        for file in files.keys { unlink(sandbox.home.appending(path: file).path) }
        try evidence.judge(planted: Self.planted)
    }

    /// What the commands left behind, and the tokens they used.
    private final class Evidence {
        private let sandbox: Sandbox
        private let environment: [String: String]
        private var traces: [(command: String, text: String)] = []
        private var tokens: Set<String> = []

        init(_ sandbox: Sandbox, url: String) {
            self.sandbox = sandbox
            environment = ["SESSION_INSPECTOR_ISSUER": url, "TMPDIR": sandbox.home.path, "LOG_LEVEL": "trace"]
        }

        func run(_ arguments: [String], input: String = "", reveals: Bool = false) async throws {
            let files = (0..<3).map { _ in sandbox.scratchFile() }
            defer { for file in files { unlink(file) } }
            try Data(input.utf8).write(to: URL(filePath: files[0]))
            let child = try ChildProcess(
                ["env", "-C", sandbox.home.path, Sandbox.program.path] + arguments,
                environment: sandbox.environment(environment), input: files[0], output: files[1], errors: files[2])
            async let status = child.end()
            // What other processes can see of it. Its arguments identify the process.
            let typed = arguments.joined(separator: "\0")
            while let line = Self.proc(child.id, "cmdline"), !line.isEmpty {
                if !line.contains(typed) { traces.append(("arguments of \(arguments)", line)) }
                traces.append(("title of \(arguments)", Self.proc(child.id, "comm") ?? ""))
                try await ContinuousClock().sleep(for: .milliseconds(2))
            }
            _ = await status
            let name = arguments.joined(separator: " ")
            traces.append(("errors of \(name)", try String(contentsOfFile: files[2], encoding: .utf8)))
            if !reveals { traces.append(("output of \(name)", try String(contentsOfFile: files[1], encoding: .utf8))) }
            let all = try await sandbox.run(["export", "--all", "--as", "sdk"])
            for match in all.output.matches(of: /"value":"([^"]+)"/) { tokens.insert(String(match.output.1)) }
        }

        func judge(planted: [String]) throws {
            #expect(tokens.count > 5)
            for file in sandbox.files() where !file.path.contains("sessions.sqlite") {
                let bytes = try Data(contentsOf: sandbox.home.appending(path: file.path))
                traces.append(("file \(file.path)", String(decoding: bytes, as: UTF8.self)))
            }
            // The claims and signature of each token; the header is the same in all.
            let secrets = tokens.union(planted).flatMap { $0.split(separator: ".").suffix(2) }.filter { $0.count > 12 }
            for (command, text) in traces {
                for secret in secrets where text.contains(secret) { Issue.record("A token is in the \(command)") }
            }
        }

        private static func proc(_ id: pid_t, _ name: String) -> String? {
            FileManager.default.contents(atPath: "/proc/\(id)/\(name)").map { String(decoding: $0, as: UTF8.self) }
        }
    }
}
