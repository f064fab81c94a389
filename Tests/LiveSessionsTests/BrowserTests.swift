import Foundation
import Synchronization
import Testing
import VisitorSessions
import VisitorSessionsTesting
import WixHeadless

@testable import LiveSessions

@Suite("The protocol of a browser") struct BrowserTests {
    @Test("Messages are complete wherever the stream is split")
    func framing() {
        let messages: [JSONValue] = [
            ["id": 1, "result": [:]], ["method": "Page.frameNavigated", "params": ["text": "a\u{0}\"ü"]],
        ]
        let bytes = messages.flatMap(DevToolsFraming.frame)
        #expect(bytes.count { $0 == 0 } == 2)
        for place in 0...bytes.count {
            var framing = DevToolsFraming()
            #expect(framing.feed(bytes[..<place]) + framing.feed(bytes[place...]) == messages, "split at \(place)")
        }
        var framing = DevToolsFraming()
        #expect(bytes.indices.flatMap { framing.feed(bytes[$0...$0]) } == messages)
    }

    @Test("What isn't JSON is skipped, and the next message is read")
    func garbage() {
        var framing = DevToolsFraming()
        let bytes = Array("{\u{0}\u{0}".utf8) + DevToolsFraming.frame(["id": 1])
        #expect(framing.feed(bytes[...]) == [["id": 1]])
    }

    @Test("A call to the API is complete when its response is; preflights and other hosts are left out")
    func traffic() throws {
        var traffic = BrowserTraffic(hosts: ["www.wixapis.com"])
        func feed(_ method: String, _ parameters: JSONValue) -> BrowserTraffic.Call? {
            guard
                case .ended(let call)? = traffic.feed(
                    DevTools.Event(method: method, parameters: parameters, session: "tab"))
            else { return nil }
            return call
        }
        func sent(_ id: String, _ url: String, _ initiator: String) -> JSONValue {
            [
                "requestId": .string(id), "documentURL": "http://localhost:3000/cart", "timestamp": 1,
                "initiator": ["type": .string(initiator)],
                "request": ["url": .string(url), "method": "GET", "headers": ["authorization": "Bearer token-1"]],
            ]
        }
        let cart = "https://www.wixapis.com:443/ecom/v1/carts/current?x=1"
        #expect(feed("Network.requestWillBeSent", sent("1", cart, "script")) == nil)
        #expect(feed("Network.requestWillBeSent", sent("2", cart, "preflight")) == nil)
        #expect(feed("Network.requestWillBeSent", sent("3", "https://example.com/", "script")) == nil)
        let response: JSONValue = [
            "requestId": "1", "timestamp": 2, "response": ["status": 428, "headers": ["X-Wix-Request-Id": "r1"]],
        ]
        #expect(feed("Network.responseReceived", response) == nil)
        for id in ["2", "3"] {
            #expect(feed("Network.loadingFinished", ["requestId": .string(id), "timestamp": 3]) == nil)
        }
        let end: JSONValue = ["requestId": "1", "timestamp": 3, "encodedDataLength": 7]
        let exchange = try #require(feed("Network.loadingFinished", end)).exchange
        #expect(exchange.path == "/ecom/v1/carts/current" && exchange.status == 428 && exchange.requestID == "r1")
        #expect(exchange.end - exchange.start == .seconds(2) && exchange.bytesReceived == 7)
        #expect(exchange.accessToken == Secret("token-1") && exchange.label == "localhost:3000")
    }

    @Test("Closing a connection that has ended leaves other sockets alone")
    func closeTwice() async throws {
        func pair() throws -> [Int32] {
            var ends: [Int32] = [-1, -1]
            try #require(socketpair(AF_UNIX, Int32(SOCK_STREAM.rawValue), 0, &ends) == 0)
            return ends
        }
        let ends = try pair()
        let devTools = DevTools(socket: ends[0])
        close(ends[1])
        for await _ in devTools.events {}
        let other = try pair()
        // The number is free again, unless another test has taken it.
        let reused = fcntl(other[0], F_DUPFD, ends[0])
        defer { for end in other + [reused] { close(end) } }
        devTools.close()
        #expect(send(reused, "x", 1, Int32(MSG_NOSIGNAL)) == 1)
    }

    @Test("A target that several sessions attach to is recorded once")
    func targets() {
        var targets = BrowserTargets()
        let worker: JSONValue = ["targetId": "w", "type": "service_worker"]
        let first = targets.add("s1", worker)
        let second = targets.add("s2", worker)
        #expect(first && !second)
        let removed = ["s2", "s1"].map { targets.remove($0) }
        let again = targets.add("s3", worker)
        #expect(removed == [false, true] && again)
        #expect(targets.pages == 0)
    }
}

/// A recorder of a Node process that stands in for a browser.
@Suite(
    "Recording a browser beside other processes",
    .enabled(if: FileManager.default.isExecutableFile(atPath: "/usr/bin/node"), "node is not installed."),
    .timeLimit(.minutes(1)))
struct BrowserRecorderTests {
    /// A store in which another process imports, or whose journal fails.
    private final class JournalStore: ForwardingStore {
        let store = InMemorySessionStore()
        private let imported = Mutex<SessionID?>(nil)
        private let error = Mutex<StoreError?>(nil)
        private let end = Mutex(0)
        private let opens = Mutex(0)

        /// How far the journal was read.
        var position: Int { end.withLock(\.self) }

        /// How often the imported session was opened.
        var openCount: Int { opens.withLock(\.self) }

        func opened(_ id: SessionID) async throws(StoreError) -> OpenedSession? {
            if id == imported.withLock(\.self) { opens.withLock { $0 += 1 } }
            return try store.opened(id)
        }

        /// The journal says ten thousand times that the session's tokens were set.
        func journalImport(of session: SessionID) { imported.withLock { $0 = session } }
        func fail() { error.withLock { $0 = StoreError(.unusable, "The journal is gone.") } }

        func journal(after position: Int, limit: Int) async throws(StoreError) -> [JournalEntry] {
            if let error = error.withLock(\.self) { throw error }
            end.withLock { $0 = position }
            guard let session = imported.withLock(\.self), position < 10000 else { return [] }
            return (position + 1...position + limit).map {
                JournalEntry(
                    position: $0, at: Date(), session: session,
                    draft: .init(.set, actor: "import 1", outcome: "imported"))
            }
        }

        func journalEnd() async throws(StoreError) -> Int { imported.withLock(\.self) == nil ? 0 : 10000 }
    }

    private final class Said: Sendable {
        private let sentences = Mutex<[String]>([])
        var all: [String] { sentences.withLock(\.self) }
        func add(_ sentence: String) { sentences.withLock { $0.append(sentence) } }
    }

    @Test("While another process imports, its sessions cost the browser nothing, and no visitor is missed")
    func beside() async throws {
        let folder = FileManager.default.temporaryDirectory.appending(path: "f-\(SessionID().prefix(8))")
        try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
        defer { try? FileManager.default.removeItem(at: folder) }
        let cookie = folder.appending(path: "cookie")
        let (said, store) = (Said(), JournalStore())
        let manager = SessionManager(store: store, issuer: ScriptedIssuer(), name: "browse 1")
        let browser = URL(filePath: #filePath).deletingLastPathComponent().appending(path: "Fixtures/browser.cjs")
        let recorder = try BrowserRecorder(
            manager, store: store, browser: browser, arguments: ["--cookie=\(cookie.path)"],
            profile: BrowserProfile(folder: folder.appending(path: "profile"), isKept: false),
            environment: ["PATH": "/usr/bin:/bin"], url: "http://localhost:1", hosts: [], label: nil,
            clientID: "client", say: { said.add($0) })
        async let recording = recorder.record()
        func wait(until condition: () -> Bool) async throws {
            let deadline = ContinuousClock.now + .seconds(20)
            while !condition(), ContinuousClock.now < deadline { try await Task.sleep(for: .milliseconds(10)) }
        }
        func reads() -> Int { (try? Data(contentsOf: cookie.appendingPathExtension("reads")).count) ?? 0 }
        func sessions() -> Int { store.store.page(SessionQuery(limit: 9, now: Date(), policy: SessionPolicy())).count }
        try await wait { reads() > 0 }
        let other = try await SessionManager(store: store, issuer: ScriptedIssuer(), name: "import 1")
            .add(Tokens(refreshToken: RefreshToken(Secret("imported"))), clientID: "client")
        store.journalImport(of: other.id)
        _ = try store.store.update(other, tokens: nil, entry: .init(.labeled, actor: "import 1"), keeping: nil)
        try await wait { store.position >= 10000 }
        let text = #"{"accessToken":{"value":"OauthNG.JWS.e30.e30.a"},"refreshToken":{"value":"JWS.e30.e30.a"}}"#
        try Data(text.utf8).write(to: cookie, options: .atomic)
        try await wait { sessions() == 2 }
        #expect(sessions() == 2 && store.openCount == 0, "\(store.openCount) opened")
        store.fail()
        _ = try await manager.label(other.id, "")
        try await wait { !said.all.isEmpty }
        #expect(said.all == ["Changes by other processes no longer reach the pages: The journal is gone."])
        await recorder.stop()
        let summary = try await recording
        #expect(summary.visitors == 1 && summary.dropped == 0, "\(summary)")
    }
}
