import Foundation
import Testing

/// The input, output and exit code of every command.
@Suite("Transcripts of every command", .timeLimit(.minutes(3)))
struct TranscriptTests {
    private static let tokens =
        #"{"accessToken":{"value":"opaque-access","expiresAt":4000000000},"refreshToken":{"value":"opaque-refresh","role":"member"}}"#

    /// The command, and the lines typed.
    private static let rows: [(name: String, lines: [String])] = [
        (
            "options",
            [
                "session-inspector --version", "session-inspector generate --label cart",
                "printf 'profiles:\\n  local: {store: local.sqlite, read-only: true}\\n' > c.yml",
                "session-inspector --config c.yml --profile local list", "session-inspector list --profile local",
                "session-inspector --store other.sqlite generate --label other",
                "session-inspector list --config c.yml --profile local --store other.sqlite",
                "session-inspector generate --config c.yml --profile local --store other.sqlite",
                "SESSION_INSPECTOR_STORE=other.sqlite session-inspector list",
                "SESSION_INSPECTOR_STORE=none.sqlite session-inspector --store other.sqlite list",
                "session-inspector --read-only renew other --store other.sqlite",
                "session-inspector lst", "session-inspector help lst", "session-inspector list --jsn",
                "session-inspector --store",
            ]
        ),
        (
            "inspect",
            [
                "session-inspector", "session-inspector inspect --read-only", "session-inspector --theme blue inspect",
                "session-inspector demo",
            ]
        ),
        (
            "list",
            [
                "session-inspector list", "session-inspector list --json",
                "session-inspector generate --label 'cart on mobile'",
                "session-inspector generate --label 'checkout bug'",
                "session-inspector generate --label 'booking, zwei Gäste'",
                "session-inspector renew 'checkout bug' >/dev/null",
                "session-inspector discard booking --yes", "session-inspector discard 'booking, zwei Gäste' --yes",
                "session-inspector list --sort label", "session-inspector list --sort label --reverse --limit 1",
                "session-inspector list --filter 'cart mobile'", "session-inspector list --filter nothing",
                "session-inspector list --state discarded", "session-inspector list --state expired --state refused",
                "session-inspector list --filter checkout --json", "session-inspector list --filter nothing --json",
                "session-inspector list --sort nonsense", "session-inspector list --limit 0",
            ]
        ),
        (
            "show",
            [
                "session-inspector generate --label cart >/dev/null", "session-inspector renew cart >/dev/null",
                "session-inspector show cart", "session-inspector show cart --json",
                "session-inspector show cart --reveal | grep token", "session-inspector --json show cart",
                "session-inspector show cart --reveal --json", "session-inspector show nothing",
                "session-inspector show",
            ]
        ),
        (
            "generate",
            [
                "session-inspector generate --label 'checkout bug'", "session-inspector generate --label cart --json",
                "session-inspector generate --count 2", "session-inspector generate --count 2 --json | grep -c '^{'",
                "session-inspector generate --client-id zzz", "session-inspector --issuer http://127.0.0.1:1 generate",
                "session-inspector generate --issuer http://example.com", "session-inspector --read-only generate",
                "curl -s -d status=400:generate $URL/development/faults", "session-inspector generate",
                "curl -s -X PUT -d status=503,retry-after=90:generate $URL/development/faults",
                "session-inspector generate", "session-inspector list --json | grep -c '\"id\"'",
            ]
        ),
        (
            "renew",
            [
                "session-inspector generate --label cart", "session-inspector renew cart",
                "session-inspector renew cart --json", "session-inspector renew --all",
                "session-inspector renew --expiring-within 1m", "session-inspector renew --expiring-within 5h",
                "session-inspector renew", "session-inspector renew cart --all", "session-inspector renew cart nothing",
                "session-inspector renew cart --issuer http://127.0.0.1:1",
                "session-inspector generate --label other",
                "curl -s -d refuse@1:renew $URL/development/faults", "session-inspector renew cart",
                "session-inspector renew cart other | wc -l", "session-inspector list --sort label",
                "curl -s -d drop@3:renew $URL/development/faults", "session-inspector renew other",
                "session-inspector list --state unresolved", "session-inspector renew other",
            ]
        ),
        (
            "set",
            [
                "echo '\(tokens)' > t.json", "session-inspector set --new --label cart t.json",
                "session-inspector set --new --label twice t.json", "session-inspector set cart t.json --json",
                "session-inspector set cart < t.json", "echo JWS.a.b.c | session-inspector set cart",
                "echo 'Authorization: opaque' | session-inspector set cart -", "session-inspector show cart",
                "echo '{\"clientId\":\"9d5e3c4b-1a2f-4b6c-8d7e-0f1a2b3c4d5e\",\"tokens\":'$(cat t.json)'}' | session-inspector set cart",
                "session-inspector set cart t.json --yes", "session-inspector set --undo cart",
                "session-inspector set --undo cart other",
                "echo '{\"refreshToken\":\"undefined\"}' | session-inspector set cart",
                "echo nothing | session-inspector set cart", "session-inspector set cart nowhere.json",
                "session-inspector set cart a b", "session-inspector set t.json", "session-inspector set --new a b",
                "session-inspector --read-only set cart t.json", "session-inspector list --json | grep -c '\"id\"'",
            ]
        ),
        (
            "discard",
            [
                "session-inspector generate --label cart", "session-inspector generate --label other >/dev/null",
                "session-inspector discard cart", "session-inspector discard cart other --yes",
                "session-inspector discard cart --yes", "session-inspector token cart", "session-inspector renew cart",
                "session-inspector list", "session-inspector restore cart --json",
                "session-inspector restore cart other",
                "session-inspector list --sort label", "session-inspector restore nothing",
                "session-inspector --read-only discard cart --yes", "session-inspector --read-only restore other",
            ]
        ),
        (
            "import",
            [
                "session-inspector generate --label cart >/dev/null",
                "session-inspector export --all --as session > b.jsonl", "echo '\(tokens)' >> b.jsonl",
                "session-inspector import b.jsonl --dry-run", "session-inspector import b.jsonl",
                "session-inspector import - < b.jsonl", "session-inspector import --store other.sqlite b.jsonl",
                "session-inspector list --store other.sqlite --json --sort created | grep -c '\"issuer\" : \"http'",
                "echo '{\"accessToken\":{\"value\":7}}' >> b.jsonl", "echo 'not JSON' >> b.jsonl",
                "session-inspector import b.jsonl", "echo '{\"a\":1}' | session-inspector import -",
                "session-inspector import nowhere.jsonl", "session-inspector --read-only import b.jsonl",
                "session-inspector import",
            ]
        ),
        (
            "export",
            [
                "session-inspector generate --label cart >/dev/null",
                "session-inspector export cart --as sdk", "session-inspector export cart --as cookie | cut -c 1-33",
                "session-inspector export cart --as env", "session-inspector export cart --as header",
                "session-inspector export cart --as curl",
                "session-inspector export cart --as response | cut -d , -f 2-",
                "session-inspector export --all --as session", "session-inspector export cart",
                "session-inspector export --as sdk", "session-inspector export cart --as xml",
                "session-inspector export --all --as env", "session-inspector export nothing --as sdk",
            ]
        ),
        (
            "token",
            [
                "session-inspector generate --label cart >/dev/null", "session-inspector token cart",
                "session-inspector token cart --minimum-lifetime 1h",
                "session-inspector token cart --minimum-lifetime 9h",
                "curl -s $URL/development/stats", "session-inspector token nothing",
                "session-inspector token cart --minimum-lifetime soon", "session-inspector --read-only token cart",
                "session-inspector token cart --minimum-lifetime 5h --issuer http://127.0.0.1:1",
            ]
        ),
        (
            "exec",
            [
                "session-inspector generate --label cart >/dev/null",
                "session-inspector exec cart -- sh -c 'echo $WIX_ACCESS_TOKEN $WIX_CLIENT_ID; exit 7'",
                "session-inspector exec --minimum-lifetime 1h cart -- echo --json",
                "session-inspector exec cart -- /nowhere",
                "session-inspector exec cart -- /", "session-inspector exec cart",
                "session-inspector exec nothing -- true",
            ]
        ),
        (
            "request",
            [
                "session-inspector generate --label cart >/dev/null", "session-inspector request cart $URL/api/carts",
                "echo '{\"a\":1}' | session-inspector request cart $URL/api/carts -d @-",
                "echo body > f && session-inspector request cart $URL/api/carts -X PUT -H 'X-A: b' -d @f",
                "session-inspector request cart $URL/oauth2/nowhere",
                "curl -s -d status=401@1:api $URL/development/faults",
                "session-inspector request cart $URL/api/again -d once", "curl -s $URL/development/stats",
                "session-inspector request cart http://example.com/", "session-inspector request cart carts",
                "session-inspector request cart $URL/api/x -H nonsense",
                "session-inspector request cart $URL/api/x -d @nowhere",
                "session-inspector request cart http://127.0.0.1:1/x",
            ]
        ),
        (
            "info",
            [
                "session-inspector generate --label cart >/dev/null", "session-inspector info cart",
                "session-inspector info cart --json", "session-inspector info cart --refresh-token | head -1",
                "session-inspector info nothing", "session-inspector info cart --issuer http://127.0.0.1:1",
            ]
        ),
        (
            "watch",
            [
                "session-inspector generate --label cart >/dev/null", "session-inspector renew cart >/dev/null",
                "curl -s -d refuse@1:renew $URL/development/faults >/dev/null",
                "session-inspector renew cart 2>/dev/null >&2", "session-inspector discard cart --yes >/dev/null",
                "session-inspector restore cart >/dev/null", "session-inspector watch --since 0 | head -5",
                "session-inspector watch --since 3 --json | head -2", "session-inspector watch --since -1",
                "session-inspector watch --store none.sqlite", "session-inspector --read-only watch --renew",
                "session-inspector watch --since 0 >o & while ! test -s o; do sleep .01; done; kill -TERM $!; wait $!; echo $?",
            ]
        ),
        (
            "serve",
            [
                "session-inspector serve --port ${URL##*:}", "session-inspector serve --fault explode",
                "session-inspector serve --access-lifetime 0s",
                "session-inspector serve --fault 'status=503@9,retry-after=20'",
                "session-inspector serve --port 0 >o 2>e & while ! grep -qs stats e; do sleep .01; done; kill -INT $!; wait $!; echo $?; cat o; tail -1 e",
            ]
        ),
        (
            "doctor",
            [
                "session-inspector generate --label cart >/dev/null",
                "env -u SSL_CERT_FILE -u SSL_CERT_DIR session-inspector doctor", "session-inspector doctor --json",
                "chmod 644 .config/session-inspector/key && session-inspector doctor 2>&1 | grep key; chmod 600 .config/session-inspector/key",
                "session-inspector doctor --client-id zzz >/dev/null",
                "session-inspector doctor --issuer http://127.0.0.1:1 | grep issuer",
                "session-inspector doctor --store none.sqlite",
            ]
        ),
        (
            "keys",
            [
                "session-inspector generate --count 2 >/dev/null", "session-inspector keys rotate",
                "session-inspector keys rotate --drop-old-key", "session-inspector list --json | grep -c '\"id\"'",
                "session-inspector --read-only keys rotate", "session-inspector keys",
            ]
        ),
        (
            "config",
            [
                "export SESSION_INSPECTOR_KEY=c2VjcmV0; session-inspector config --issuer https://example.com --store s.sqlite",
                "mkdir -p .config/session-inspector",
                "printf 'profile: a\\nprofiles:\\n  a:\\n    probe-url: https://x/y\\n    policy: {leeway: 1m, requests-per-minute: 0}\\ntheme: light\\nkeys: {generate: n}\\n' > .config/session-inspector/config.yml",
                "session-inspector config --json",
                "echo 'profles: {}' > bad.yml; session-inspector config --config bad.yml",
                "session-inspector config --profile none",
            ]
        ),
    ]

    @Test("Each command's help matches its transcript")
    func help() async throws {
        let sandbox = try Sandbox()
        var transcript = Transcript(sandbox, url: "http://127.0.0.1:8787")
        try await transcript.type("session-inspector --help")
        for name in Self.rows.map(\.name) + [
            "demo", "restore", "keys rotate", "run", "browse", "open", "live", "live substitute", "live withdraw",
        ] where name != "options" {
            try await transcript.type("session-inspector help \(name)")
            let words = name.split(separator: " ").map(String.init)
            let (help, option) = (try await sandbox.run(["help"] + words), try await sandbox.run(words + ["--help"]))
            #expect(help.output == option.output)
        }
        try transcript.compare(with: "help")
    }

    @Test("Each command matches its transcript", arguments: rows.map(\.name))
    func transcript(name: String) async throws {
        let row = try #require(Self.rows.first { $0.name == name })
        let sandbox = try Sandbox()
        let issuer = try await Issuer(sandbox)
        var transcript = Transcript(sandbox, url: issuer.url)
        for line in row.lines { try await transcript.type(line) }
        try transcript.compare(with: name)
    }
}
