import Foundation
import TestProcesses
import Testing
import VisitorSessions
import VisitorSessionsTesting

@testable import LiveSessions

/// Real Node processes, and a stand-in of www.wixapis.com with TLS on loopback.
@Suite(
    "A running Node application",
    .enabled(if: NodeBench.isInstalled, "node or openssl is not installed: nothing here was tested."),
    .timeLimit(.minutes(3)))
struct NodeTests {
    private let bench: NodeBench

    init() throws {
        bench = try NodeBench()
    }

    @Test("Every kind of request gives the same result through the recorder as directly")
    func sameBytes() async throws {
        let standIn = try await bench.standIn()
        defer { standIn.stop() }
        let direct = try await bench.run("cases.cjs", standIn)
        let (recorder, _) = try await bench.recorder()
        let recorded = try await bench.run("cases.cjs", standIn, recorder)
        #expect(direct.output.split(separator: "\n").count == 19, "\(direct.errors)")
        #expect(recorded.output == direct.output, "\(recorded.errors)")
        let summary = await recorder.stop()
        #expect(summary.calls > 80, "\(summary)")
    }

    @Test("A visitor, a call and a renewal become one session", arguments: ["", "gzip", "br"])
    func session(coding: String) async throws {
        let standIn = try await bench.standIn()
        defer { standIn.stop() }
        let (recorder, store) = try await bench.recorder()
        let run = try await bench.run("site.cjs", standIn, recorder, coding)
        let summary = await recorder.stop()
        #expect(run.status == 0, "\(run.errors)")
        #expect(summary.visitors == 1 && summary.renewals == 1 && summary.calls == 3, "\(summary)")
        let sessions = try await store.page(SessionQuery(limit: 10, now: Date(), policy: SessionPolicy()))
        try #require(sessions.count == 1)
        #expect(sessions[0].label == "site" && sessions[0].renewalCount == 1 && sessions[0].visitorID != nil)
        let pairs = try JSONSerialization.jsonObject(with: Data(run.output.utf8)) as? [[String: Any]]
        let requests = try await store.requests(of: sessions[0].id, limit: 10)
        #expect(requests.map(\.draft.path) == ["/oauth2/token", "/ecom/v1/carts/current", "/oauth2/token"])
        #expect(requests.map(\.draft.outcome) == [.status(200), .status(200), .status(200)])
        #expect(requests.map(\.draft.grant) == ["refresh_token", nil, "anonymous"])
        #expect(requests.map(\.draft.requestID) == requests.map { "r-\($0.draft.path)" })
        let live = try await store.liveSessions(among: [sessions[0].id])[sessions[0].id]
        #expect(live?.requestCount == 3 && live?.isLive == false, "the run has ended")
        let opened = try #require(try await store.opened(sessions[0].id))
        #expect(opened.tokens.accessToken?.value.reveal() == pairs?[1]["access_token"] as? String)
        #expect(opened.tokens.refreshToken?.value.reveal() == pairs?[0]["refresh_token"] as? String)
    }

    @Test("A failed renewal followed by a new visitor is a lost visitor")
    func lostVisitor() async throws {
        let standIn = try await bench.standIn(["FAIL_RENEWALS": "1"])
        defer { standIn.stop() }
        let (recorder, store) = try await bench.recorder()
        let run = try await bench.run("site.cjs", standIn, recorder)
        #expect(run.status == 0, "\(run.errors)")
        let summary = await recorder.stop()
        let loss = try #require(summary.lost.first, "\(summary)")
        let history = try await store.history(of: loss.session, limit: 10)
        #expect(history.map(\.draft.event) == [.lost, .unresolved, .generated])
        #expect(history.first?.draft.outcome?.contains(loss.replacement.description) == true)
    }

    @Test("Without a recorder, the application connects directly", arguments: NodeBench.Absence.allCases)
    func direct(absence: NodeBench.Absence) async throws {
        let standIn = try await bench.standIn()
        defer { standIn.stop() }
        let run = try await bench.run("site.cjs", standIn, absence: absence)
        #expect(run.status == 0 && run.output.contains("OauthNG.JWS."), "\(run.errors)")
    }

    @Test("Worker threads, forked and cluster processes are recorded", arguments: ["worker", "fork", "cluster"])
    func children(kind: String) async throws {
        let standIn = try await bench.standIn()
        defer { standIn.stop() }
        let (recorder, _) = try await bench.recorder()
        let run = try await bench.run("children.cjs", standIn, recorder, kind)
        let summary = await recorder.stop()
        #expect(run.status == 0 && run.output == "200\n", "\(run.errors)")
        #expect(summary.calls == 1, "\(summary)")
    }

    @Test("Other modules in NODE_OPTIONS are still loaded, also with a space in the hook's path")
    func otherModules() async throws {
        let standIn = try await bench.standIn()
        defer { standIn.stop() }
        let required = try bench.script("required.cjs", "console.error('required')")
        let imported = try bench.script("imported.mjs", "console.error('imported')")
        let (recorder, _) = try await bench.recorder(hook: bench.spacedHook())
        let run = try await bench.run(
            "site.cjs", standIn, recorder, options: "--require=\(required) --import=\(imported)")
        let summary = await recorder.stop()
        #expect(run.status == 0 && summary.calls == 3, "\(run.errors)")
        #expect(run.errors.contains("required\n") && run.errors.contains("imported\n"), "\(run.errors)")
    }

    @Test("If the store takes no requests, the application goes on, and they are counted as dropped")
    func requestsDropped() async throws {
        let standIn = try await bench.standIn()
        defer { standIn.stop() }
        let (recorder, store) = try await bench.recorder(FaultyStore(failsRequests: true))
        let run = try await bench.run("site.cjs", standIn, recorder)
        let summary = await recorder.stop()
        #expect(run.status == 0 && summary.calls == 3 && summary.dropped == 3, "\(summary)")
        #expect(summary.problem == "The disk is full.")
        #expect(try await store.page(SessionQuery(limit: 9, now: Date(), policy: SessionPolicy())).count == 1)
    }

    @Test("If the store takes no sessions, the application goes on, and its tokens are kept to be saved elsewhere")
    func sessionsUnstored() async throws {
        let standIn = try await bench.standIn()
        defer { standIn.stop() }
        let (recorder, _) = try await bench.recorder(FaultyStore(failsSessions: true))
        let run = try await bench.run("site.cjs", standIn, recorder)
        let summary = await recorder.stop()
        let pairs = try JSONSerialization.jsonObject(with: Data(run.output.utf8)) as? [[String: Any]]
        #expect(run.status == 0 && summary.dropped == 3, "\(summary)")
        #expect(
            summary.unstored.map { $0.refreshToken?.value.reveal() } == pairs?.map { $0["refresh_token"] as? String })
    }

    @Test("The hook is added to NODE_OPTIONS beside what is there")
    func options() {
        #expect(NodeHook.options(loading: "/a/h.cjs", current: nil) == "--require=/a/h.cjs")
        #expect(
            NodeHook.options(loading: "/a/h.cjs", current: "--require /x.js")
                == "--require /x.js --import=file:///a/h.cjs")
        #expect(
            NodeHook.options(loading: "/a b/h.cjs", current: "--no-warnings")
                == "--no-warnings --import=file:///a%20b/h.cjs")
        let quoted = #"--require="/a  b/x.js" --no-warnings"#
        #expect(NodeHook.options(loading: "/a/h.cjs", current: quoted) == "\(quoted) --import=file:///a/h.cjs")
    }
}

/// Starts Node processes for tests, in a folder of their own.
struct NodeBench {
    enum Absence: String, CaseIterable, Sendable {
        /// Its process is gone.
        case ended
        /// Its socket is gone.
        case socketRemoved
        /// Nothing accepts connections on the socket.
        case refusing
        /// It is stopped: the kernel accepts connections, but nothing reads them.
        case stopped
    }

    static let isInstalled = StandIn.isAvailable

    private let folder: URL
    private var fixtures: URL { URL(filePath: #filePath).deletingLastPathComponent().appending(path: "Fixtures") }
    private var hook: URL {
        URL(filePath: #filePath).deletingLastPathComponent().deletingLastPathComponent().deletingLastPathComponent()
            .appending(path: "Sources/LiveSessions/Hook/node-hook.cjs")
    }

    init() throws {
        folder = FileManager.default.temporaryDirectory.appending(path: "node-\(SessionID().prefix(8))")
        try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
    }

    func standIn(_ environment: [String: String] = [:]) async throws -> StandIn {
        try await StandIn(in: folder, environment)
    }

    func recorder(
        _ store: some SessionBrowser = InMemorySessionStore(), hook: URL? = nil
    ) async throws -> (LiveRecorder, any SessionBrowser) {
        let manager = SessionManager(store: store, issuer: ScriptedIssuer(), name: "run 1")
        let recorder = try LiveRecorder(
            manager, store: store, hook: hook ?? self.hook,
            folder: folder.appending(path: "r-\(SessionID().prefix(6))"),
            label: "site", clientID: nil, say: { _ in })
        return (recorder, store)
    }

    /// The hook in a folder whose name has a space.
    func spacedHook() throws -> URL {
        let place = folder.appending(path: "with a space", directoryHint: .isDirectory)
        try FileManager.default.createDirectory(at: place, withIntermediateDirectories: true)
        let copy = place.appending(path: "node-hook.cjs")
        try FileManager.default.copyItem(at: hook, to: copy)
        return copy
    }

    /// A script that the tests run.
    func script(_ name: String, _ text: String) throws -> String {
        try Data(text.utf8).write(to: folder.appending(path: name))
        return file(name)
    }

    func run(
        _ script: String, _ standIn: StandIn, _ recorder: LiveRecorder? = nil, _ argument: String = "",
        absence: Absence? = nil, options: String? = nil
    ) async throws -> (status: Int32, output: String, errors: String) {
        var environment = ["PATH": "/usr/bin:/bin", "NODE_EXTRA_CA_CERTS": file("cert.pem"), "HOME": folder.path]
        environment["NODE_OPTIONS"] = options
        if let recorder { environment = recorder.environment(environment) }
        let socket = try absence.map(Self.variable(in: folder)) ?? (nil, nil)
        if let variable = socket.0 {
            environment["NODE_OPTIONS"] = "--require=\(hook.path)"
            environment["SESSION_INSPECTOR_RECORDER"] = variable
        }
        defer { socket.1.map { _ = close($0) } }
        environment["SESSION_INSPECTOR_RECORDED_HOST"] = "localhost:\(standIn.port)"
        let (output, errors) = (file("out-\(SessionID().prefix(6))"), file("err-\(SessionID().prefix(6))"))
        let child = try ChildProcess(
            ["node", fixtures.appending(path: script).path, standIn.port] + (argument.isEmpty ? [] : [argument]),
            environment: environment, output: output, errors: errors)
        let status = await child.end()
        return (
            status, try String(contentsOfFile: output, encoding: .utf8),
            try String(contentsOfFile: errors, encoding: .utf8)
        )
    }

    /// The variable for a recorder that is absent, and a descriptor to close afterwards.
    private static func variable(in folder: URL) -> (Absence) throws -> (String, Int32?) {
        { absence in
            let path = folder.appending(path: "absent.sock").path
            unlink(path)
            let own = ProcessInfo.processInfo.processIdentifier
            switch absence {
            case .ended: return ("4194303:\(path)", nil)
            case .socketRemoved: return ("\(own):\(path)", nil)
            case .refusing, .stopped:
                let listener = socket(AF_UNIX, Int32(SOCK_STREAM.rawValue), 0)
                var address = sockaddr_un()
                address.sun_family = sa_family_t(AF_UNIX)
                withUnsafeMutableBytes(of: &address.sun_path) { $0.copyBytes(from: Array(path.utf8)) }
                let bound = withUnsafePointer(to: &address) {
                    $0.withMemoryRebound(to: sockaddr.self, capacity: 1) {
                        bind(listener, $0, socklen_t(MemoryLayout<sockaddr_un>.size))
                    }
                }
                try #require(bound == 0)
                if absence == .stopped { try #require(listen(listener, 16) == 0) }
                return ("\(own):\(path)", listener)
            }
        }
    }

    func file(_ name: String) -> String { folder.appending(path: name).path }
}

/// A store on a full disk.
struct FaultyStore: ForwardingStore {
    let store = InMemorySessionStore()
    var failsRequests = false
    var failsSessions = false

    func append(
        _ requests: [LiveRequest.Draft], from source: LiveSource, liveFor duration: Duration
    ) async throws(StoreError) {
        guard !failsRequests else { throw StoreError(.full, "The disk is full.") }
        store.append(requests, from: source, liveFor: duration)
    }

    func insert(
        _ session: VisitorSession, tokens: Tokens, entry: JournalEntry.Draft
    ) async throws(StoreError) -> VisitorSession {
        guard !failsSessions else { throw StoreError(.full, "The disk is full.") }
        return try store.insert(session, tokens: tokens, entry: entry)
    }
}
