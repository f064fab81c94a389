import Foundation
import TestProcesses
import Testing

/// Changes to a stored session reach the pages that use it, and a browser can be the visitor of a stored session.
@Suite(
    "A browser and the store",
    .enabled(if: BrowserBench.isInstalled, "chromium or node is not installed: nothing here was tested."),
    .serialized, .timeLimit(.minutes(6)))
struct WriteBackTests {
    private let bench: BrowserBench
    private var sandbox: Sandbox { bench.sandbox }

    init() async throws {
        bench = try await BrowserBench()
    }

    @Test("A renewed token reaches the page without loading it again")
    func renew() async throws {
        let browser = try bench.browse("/local")
        defer { browser.kill() }
        let (seen, id) = try await visitor()
        try await run(["renew", id])
        let token = try await run(["export", id, "--as", "header"]).output
        let after = try await bench.site.waitUntilSeen("the new token") { $0.access != seen.access }
        #expect(token.contains(after.access) && after.load == seen.load && after.visitor == seen.visitor)
        let end = try await browser.stop()
        #expect(end.errors.contains("New visitors: 1. Renewals: 0"), "\(end.errors)")
        #expect(try await sandbox.sessions().count == 1)
    }

    @Test("Tokens that are set make the page another visitor", arguments: ["/local", "/cookie"])
    func set(page: String) async throws {
        let browser = try bench.browse(page)
        defer { browser.kill() }
        let (seen, id) = try await visitor()
        let other = try await otherVisitor()
        _ = try await run(["set", id, "--yes"], input: other.tokens)
        _ = try await bench.site.waitUntilSeen("the other visitor") {
            $0.visitor == other.visitor && $0.load != seen.load
        }
        #expect(try await sandbox.sessions().count == 1)
    }

    @Test(
        "When a session is discarded, the page starts a new visitor; restored, it is the old one again",
        arguments: ["/local", "/cookie"])
    func discard(page: String) async throws {
        let browser = try bench.browse(page)
        defer { browser.kill() }
        let (seen, id) = try await visitor()
        try await run(["discard", id, "--yes"])
        let after = try await bench.site.waitUntilSeen("another visitor") { $0.visitor != seen.visitor }
        _ = try await bench.session(of: after.visitor)
        #expect(try await sandbox.sessions().count == 1)
        try await run(["restore", id])
        _ = try await bench.site.waitUntilSeen("the restored visitor") {
            $0.visitor == seen.visitor && $0.load != seen.load && $0.load != after.load
        }
        #expect(try await sandbox.sessions().count == 2)
    }

    @Test("A value that is split into several cookies is read and written as one")
    func chunks() async throws {
        let browser = try bench.browse("/cookie?kind=chunked")
        defer { browser.kill() }
        let (seen, id) = try await visitor()
        let other = try await otherVisitor()
        try await run(["set", id, "--yes"], input: other.tokens)
        _ = try await bench.site.waitUntilSeen("the other visitor") {
            $0.visitor == other.visitor && $0.load != seen.load
        }
    }

    @Test(
        "A browser is the visitor of the stored session, and no other session is stored",
        arguments: ["/local", "/cookie"], [true, false])
    func open(page: String, isPlaceNamed: Bool) async throws {
        let id = try await run(["generate", "--label", "checkout bug"]).output.split(separator: " ")[1]
        let visitor = try #require(try await sandbox.sessions().first?["visitorID"] as? String)
        let place = page == "/local" ? "local:tokens" : "cookie:wix-session"
        let browser = try bench.start(
            ["open", String(id), bench.site.url + page] + (isPlaceNamed ? ["--place", place] : []))
        defer { browser.kill() }
        _ = try await bench.site.waitUntilSeen("the visitor") { $0.visitor == visitor }
        if isPlaceNamed { #expect(try bench.site.seen().first?.visitor == visitor) }
        let end = try await browser.stop()
        #expect(end.status == 143, "\(end.errors)")
        #expect(try await sandbox.sessions().count == 1)
    }

    @Test(
        "Where a site keeps its tokens is remembered, so that it starts no visitor of its own",
        arguments: ["/local", "/cookie"])
    func remembered(page: String) async throws {
        let first = try bench.browse(page)
        defer { first.kill() }
        _ = try await visitor()
        _ = try await first.stop()
        let other = try #require(
            JSONSerialization.jsonObject(
                with: Data(try await run(["generate", "--json"]).output.utf8)) as? [String: Any])
        let count = try bench.site.seen().count
        let browser = try bench.start(["open", try #require(other["id"] as? String), bench.site.url + page])
        defer { browser.kill() }
        let seen = try await Patience.wait(for: "the visitor") { try bench.site.seen().dropFirst(count).first }
        #expect(seen.visitor == other["visitorID"] as? String)
        #expect(try await sandbox.sessions().count == 2)
    }

    /// The page's visitor and its session.
    private func visitor() async throws -> (seen: Site.Seen, id: String) {
        let seen = try await bench.site.waitUntilSeen("the visitor")
        return (seen, try #require(try await bench.session(of: seen.visitor)["id"] as? String))
    }

    /// A visitor that isn't stored here.
    private func otherVisitor() async throws -> (visitor: String, tokens: String) {
        let other = try Sandbox()
        let made = try await other.run(["--issuer", bench.issuer.url, "generate", "--json"])
        let session = try JSONSerialization.jsonObject(with: Data(made.output.utf8)) as? [String: Any]
        let id = try #require(session?["id"] as? String)
        let tokens = try await other.run(["export", id, "--as", "sdk"]).output
        return (try #require(session?["visitorID"] as? String), tokens)
    }

    @discardableResult
    private func run(_ words: [String], input: String = "") async throws -> Sandbox.Run {
        let run = try await sandbox.run(["--issuer", bench.issuer.url] + words, input: input)
        #expect(run.status == 0, "\(run.errors)")
        return run
    }
}
