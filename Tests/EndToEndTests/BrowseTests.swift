import Foundation
import TestProcesses
import Testing

/// The `browse` command with a real Chromium and a small site.
@Suite(
    "Recording a browser",
    .enabled(if: BrowserBench.isInstalled, "chromium or node is not installed: nothing here was tested."),
    .serialized, .timeLimit(.minutes(6)))
struct BrowseTests {
    private let bench: BrowserBench

    init() async throws {
        bench = try await BrowserBench()
    }

    @Test("The visitor of a page is stored, wherever its tokens are kept", arguments: ["/local", "/cookie", "/worker"])
    func visitor(page: String) async throws {
        let browser = try bench.browse(page)
        defer { browser.kill() }
        let seen = try await bench.site.waitUntilSeen("the visitor")
        let session = try await bench.session(of: seen.visitor)
        #expect(session["label"] as? String == bench.site.url.dropFirst("http://".count).description)
        let run = try await browser.stop()
        #expect(run.status == 143 && run.errors.contains("New visitors: 1"), "\(run.errors)")
        #expect(try await bench.sandbox.sessions().count == 1)
    }

    @Test("A page's renewal is recorded on its session")
    func renewal() async throws {
        let browser = try bench.browse("/local?renew")
        defer { browser.kill() }
        let seen = try await bench.site.waitUntilSeen("the renewed token")
        try await Patience.wait(for: "the renewal") {
            try await bench.session(of: seen.visitor)["renewalCount"] as? Int == 1 ? true : nil
        }
        let run = try await browser.stop()
        #expect(run.errors.contains("New visitors: 1. Renewals: 1"), "\(run.errors)")
    }

    @Test("The page is loaded only after the browser has confirmed that it reports the page's calls")
    func confirmation() async throws {
        let browser = URL(filePath: #filePath).deletingLastPathComponent().appending(path: "Site/slow-browser.cjs")
        let report = bench.sandbox.scratchFile()
        _ = try await bench.sandbox.run(
            ["browse", bench.site.url, "--browser", browser.path, "--", "--report=\(report)"])
        #expect(try String(contentsOfFile: report, encoding: .utf8) == "confirmed")
    }

    @Test(
        "With a development issuer of its own or a running one, no call reaches Wix, and the visitor is the issuer's",
        arguments: [true, false])
    func localIssuer(isOwn: Bool) async throws {
        let site = try await Site(bench.sandbox, issuer: "https://www.wixapis.com")
        let browser = try BrowserBench.Browser(
            bench.sandbox, ["--issuer", isOwn ? "local" : bench.issuer.url, "browse", site.url + "/local?renew"])
        defer { browser.kill() }
        let seen = try await site.waitUntilSeen("the visitor")
        let session = try await bench.session(of: seen.visitor)
        let issuer = try #require(session["issuer"] as? String)
        #expect(issuer.hasPrefix("http://127.0.0.1:") && (issuer == bench.issuer.url) == !isOwn)
        let run = try await browser.stop()
        #expect(run.errors.contains("New visitors: 1. Renewals: 1"), "\(run.errors)")
    }

    @Test("However the browser ends, no process and no file is left", arguments: BrowserBench.Ending.allCases)
    func ends(_ ending: BrowserBench.Ending) async throws {
        let browser = try bench.browse(ending == .tabClosed ? "/close" : "/local")
        defer { browser.kill() }
        if ending != .tabClosed {
            _ = try await bench.site.waitUntilSeen("the page")
            #expect(!browser.processes.isEmpty && browser.profiles == 1)
        }
        switch ending {
        case .tabClosed: break
        case .browserKilled: for process in browser.processes { Foundation.kill(process, SIGKILL) }
        case .commandKilled: browser.kill()
        case .terminated: _ = try await browser.stop()
        }
        if ending == .tabClosed || ending == .browserKilled {
            #expect(try await browser.end().status == 0)
        }
        try await Patience.wait(for: "the end of \(browser.processes)") { browser.processes.isEmpty ? true : nil }
        try await Patience.wait(for: "the removal of the profile") { browser.profiles == 0 ? true : nil }
    }

    @Test("A missing browser, a browser that can't start and a profile in use are reported")
    func failures() async throws {
        let none = try await bench.sandbox.run(["browse", bench.site.url], environment: ["PATH": "/nonexistent"])
        #expect(none.status == 78 && none.errors.contains("No browser found. Install"), "\(none.errors)")
        let broken = try await bench.sandbox.run(["browse", bench.site.url, "--browser", "/bin/false"])
        #expect(broken.status == 73 && broken.errors.contains("exited immediately"), "\(broken.errors)")
        let kept = try bench.browse("/local", ["--keep"])
        defer { kept.kill() }
        _ = try await bench.site.waitUntilSeen("the page")
        let second = try await bench.browse("/local", ["--keep"]).end()
        #expect(second.status == 73 && second.errors.contains("is using this profile"), "\(second.errors)")
        _ = try await kept.stop()
        #expect(bench.sandbox.files().contains { $0.path.contains("session-inspector/browser/") })
    }
}

/// A site, its issuer, and a headless browser that `session-inspector` starts.
struct BrowserBench {
    enum Ending: CaseIterable {
        case tabClosed, browserKilled, commandKilled, terminated
    }

    static let isInstalled = ["/usr/bin/chromium", "/usr/bin/node"].allSatisfy(
        FileManager.default.isExecutableFile)

    let sandbox: Sandbox
    let issuer: Issuer
    let site: Site

    init() async throws {
        sandbox = try Sandbox()
        issuer = try await Issuer(sandbox)
        site = try await Site(sandbox, issuer: issuer.url)
    }

    /// Starts `browse` with a page of the site.
    func browse(_ page: String, _ options: [String] = []) throws -> Browser {
        try start(["browse", site.url + page] + options)
    }

    /// Starts a command that opens a browser.
    func start(_ words: [String]) throws -> Browser {
        try Browser(sandbox, ["--issuer", issuer.url] + words)
    }

    /// Waits until a session of the visitor is stored.
    func session(of visitor: String) async throws -> [String: Any] {
        try await Patience.wait(for: "the session") {
            try await sandbox.sessions().first { $0["visitorID"] as? String == visitor }
        }
    }

    /// A command that runs a browser.
    final class Browser: Sendable {
        private let child: ChildProcess
        private let errors: String

        /// The folder of its profile and sockets.
        private let temporary: String

        init(_ sandbox: Sandbox, _ words: [String]) throws {
            errors = sandbox.scratchFile()
            // Short: Chromium makes a socket in it.
            temporary = FileManager.default.temporaryDirectory.appending(path: "b-\(UUID().uuidString.prefix(8))").path
            try FileManager.default.createDirectory(atPath: temporary, withIntermediateDirectories: true)
            // Chromium's sandbox doesn't run as root, nor in most containers.
            child = try ChildProcess(
                [Sandbox.program.path] + words + [
                    "--browser", "/usr/bin/chromium", "--", "--headless", "--no-sandbox",
                ],
                environment: sandbox.environment(["TMPDIR": temporary]), errors: errors)
        }

        deinit {
            try? FileManager.default.removeItem(atPath: temporary)
        }

        func end() async throws -> (status: Int32, errors: String) {
            (await child.end(), try String(contentsOfFile: errors, encoding: .utf8))
        }

        func stop() async throws -> (status: Int32, errors: String) {
            Foundation.kill(child.id, SIGTERM)
            return try await end()
        }

        func kill() {
            Foundation.kill(child.id, SIGKILL)
        }

        /// The browser's processes, which name its profile.
        var processes: [pid_t] {
            let all = (try? FileManager.default.contentsOfDirectory(atPath: "/proc")) ?? []
            return all.compactMap { pid_t($0) }.filter { process in
                let words = FileManager.default.contents(atPath: "/proc/\(process)/cmdline") ?? Data()
                return String(decoding: words, as: UTF8.self).contains("--user-data-dir=\(temporary)")
            }
        }

        var profiles: Int {
            (try? FileManager.default.contentsOfDirectory(atPath: temporary))?
                .count { $0.hasPrefix("session-inspector-browser-") } ?? 0
        }
    }
}
