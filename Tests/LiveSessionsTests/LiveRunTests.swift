import Foundation
import Synchronization
import Testing
import VisitorSessions
import VisitorSessionsTesting
import WixHeadless

@testable import LiveSessions

/// A recorded application whose requests the test makes, without processes.
private struct RecordedApplication {
    let store: any SessionBrowser
    let issuer = ScriptedIssuer()
    let run: LiveRun
    let rules = TokenRules()
    let decider: RuleDecider

    /// Another process.
    let inspector: SessionManager

    /// - Parameter isOfWix: Whether the issuer counts as Wix.
    init(
        _ store: some SessionBrowser = InMemorySessionStore(), isOfWix: Bool = false, rememberedTokens: Int = 1000
    ) {
        self.store = store
        let manager =
            isOfWix
            ? SessionManager(store: store, issuer: WixTokenIssuer(transport: CurlTransport()), name: "run 1")
            : SessionManager(store: store, issuer: issuer, name: "run 1")
        run = LiveRun(
            manager: manager, requests: RequestWriter(store, source: LiveSource(.node, label: "site")), label: "site",
            clientID: "client", rememberedTokens: rememberedTokens, say: { _ in })
        decider = RuleDecider(manager, store: store, run: run, rules: rules, say: { _ in })
        inspector = SessionManager(store: store, issuer: issuer, name: "inspector 1")
    }

    static func tokens(_ name: String, isExpired: Bool = false) -> Tokens {
        let end = Date() + .seconds(isExpired ? -60 : 14400)
        return Tokens(
            accessToken: AccessToken(Secret("access-\(name)"), expiresAt: end),
            refreshToken: RefreshToken(Secret("refresh-\(name)")))
    }

    /// The application gets a new visitor. Returns the session.
    func start(_ name: String) async throws -> SessionID {
        let now = RecorderLoop.now()
        var exchange = Exchange(method: "POST", path: "/oauth2/token", process: 1, start: now)
        (exchange.firstByte, exchange.end, exchange.status) = (now, now, 200)
        exchange.requestBody = Array(#"{"clientId":"client","grantType":"anonymous"}"#.utf8)
        exchange.responseBody = Array(
            #"{"access_token":"access-\#(name)","refresh_token":"refresh-\#(name)","token_type":"Bearer","expires_in":14400}"#
                .utf8)
        await run.take(.ended(exchange))
        let token = Secret("refresh-\(name)")
        return try #require(try await inspector.holder(of: token)).id
    }

    func call(_ token: String) async {
        let now = RecorderLoop.now()
        var exchange = Exchange(method: "GET", path: "/cart", process: 1, start: now, accessToken: Secret(token))
        (exchange.firstByte, exchange.end, exchange.status) = (now, now, 200)
        await run.take(.ended(exchange))
    }

    /// The application sends a refresh token. The response has the tokens of `name`; `nil`: it is a refusal.
    func renew(_ token: String, to name: String?, _ intervention: Exchange.Intervention?) async {
        let now = RecorderLoop.now()
        var exchange = Exchange(method: "POST", path: "/oauth2/token", process: 1, start: now)
        (exchange.firstByte, exchange.end, exchange.status) = (now, now, name == nil ? 401 : 200)
        exchange.requestBody = Array(#"{"refreshToken":"\#(token)","grantType":"refresh_token"}"#.utf8)
        exchange.responseBody = Array(
            (name.map {
                #"{"access_token":"access-\#($0)","refresh_token":"refresh-\#($0)","token_type":"Bearer","expires_in":14400}"#
            } ?? #"{"error":"invalid_grant"}"#).utf8)
        exchange.intervention = intervention
        await run.take(.sent(exchange))
        await run.take(.ended(exchange))
    }

    /// What happens to the next call or renewal with a token.
    func rule(for token: String, _ use: UsedToken.Use = .call) async -> TokenRule? {
        let token = UsedToken(value: Secret(token), use: use)
        _ = rules.rule(for: token)
        await decider.decide(token)
        return rules.rule(for: token)
    }

    /// The recorder learns of the last thing that the other process has done to the session.
    func learn(of id: SessionID) async throws {
        await decider.note(try #require(try await store.history(of: id, limit: 1).first))
        rules.invalidate()
    }

    var sessions: [VisitorSession] {
        get async throws {
            try await store.page(SessionQuery(limit: 5000, now: Date(), policy: SessionPolicy()))
        }
    }
}

@Suite("Sessions of a running application", .timeLimit(.minutes(1)))
struct LiveRunTests {
    private typealias Application = RecordedApplication

    @Test("After many other tokens, it is still known which ones are the application's")
    func manyTokens() async throws {
        let application = Application(rememberedTokens: 10)
        let id = try await application.start("own")
        _ = try await application.inspector.set(Application.tokens("set"), on: id)
        try await application.learn(of: id)
        for number in 0..<30 { await application.call("token-\(number)") }
        #expect(await application.rule(for: "access-own") == .replace(with: Secret("access-set")))
        try await application.store.withdrawSubstitution(of: id, by: "inspector 1")
        try await application.learn(of: id)
        #expect(try await application.store.opened(id)?.tokens.refreshToken?.value == Secret("refresh-own"))
    }

    @Test("If a session was only renewed elsewhere, withdrawing a substitution leaves it its new tokens")
    func withdrawnAfterRotation() async throws {
        let application = Application()
        let id = try await application.start("own")
        let target = try await application.inspector.add(Application.tokens("other"), clientID: "client")
        try await application.store.substitute(id, with: target.id, by: "inspector 1")
        try await application.learn(of: id)
        let opened = try #require(try await application.store.opened(id))
        _ = try await application.store.update(
            opened.session, tokens: Application.tokens("rotated"), entry: .init(.renewed, actor: "inspector 1"))
        try await application.store.withdrawSubstitution(of: id, by: "inspector 1")
        try await application.learn(of: id)
        #expect(try await application.store.opened(id)?.tokens.refreshToken?.value == Secret("refresh-rotated"))
        #expect(try await application.sessions.count == 2)
        #expect(await application.rule(for: "refresh-own", .renewal) == .replace(with: Secret("refresh-rotated")))
    }

    @Test(
        "A substituted session without a valid access token is renewed before the call",
        arguments: [Tokens(refreshToken: RefreshToken(Secret("refresh-other"))), .init(expired: "other")])
    func renewedBeforeCall(target tokens: Tokens) async throws {
        let application = Application()
        let id = try await application.start("own")
        let target = try await application.inspector.add(tokens, clientID: "client")
        try await application.store.substitute(id, with: target.id, by: "inspector 1")
        application.issuer.onRenew(
            .tokens(
                IssuedTokens(
                    accessToken: AccessToken(Secret("access-new"), expiresAt: Date() + .seconds(14400)),
                    refreshToken: nil, requestID: nil, serverDate: nil)))
        #expect(await application.rule(for: "access-own") == .replace(with: Secret("access-new")))
    }

    @Test("A substituted session whose tokens live for seconds isn't renewed at every call")
    func shortLived() async throws {
        let application = Application()
        let id = try await application.start("own")
        let token = AccessToken(Secret("access-other"), expiresAt: Date() + .seconds(45))
        let target = try await application.inspector.add(
            Tokens(accessToken: token, refreshToken: RefreshToken(Secret("refresh-other"))), clientID: "client")
        try await application.store.substitute(id, with: target.id, by: "inspector 1")
        for _ in 0..<3 { #expect(await application.rule(for: "access-own") == .replace(with: token.value)) }
        #expect(application.issuer.requests.isEmpty)
    }

    @Test("If a substituted session can't be renewed, calls are refused and say why")
    func noToken() async throws {
        let application = Application()
        let id = try await application.start("own")
        let target = try await application.inspector.add(
            Tokens(refreshToken: RefreshToken(Secret("refresh-other"))), clientID: "client")
        try await application.store.substitute(id, with: target.id, by: "inspector 1")
        #expect(await application.rule(for: "access-own") == .refuse(.noToken))
    }

    @Test("A renewal that is refused because the application's session was discarded changes no other session")
    func refusedAfterDiscard() async throws {
        let application = Application()
        let id = try await application.start("own")
        let target = try await application.inspector.add(Application.tokens("other"), clientID: "client")
        try await application.store.substitute(id, with: target.id, by: "inspector 1")
        let own = UsedToken(value: Secret("refresh-own"), use: .renewal)
        await application.renew("refresh-other", to: "new", .substituted(own))
        _ = try await application.inspector.discard(id)
        #expect(await application.rule(for: "refresh-new", .renewal) == .refuse(.discarded))
        await application.renew("refresh-new", to: nil, .refused)
        _ = try await application.start("replacement")
        let stored = try #require(try await application.store.session(target.id))
        #expect(stored.refusedAt == nil && stored.lease == nil && stored.failures == 0)
        let events = try await application.store.history(of: target.id, limit: 9).map(\.draft.event)
        #expect(!events.contains(.lost) && !events.contains(.refused), "\(events)")
        #expect(await application.run.summary.lost.isEmpty)
    }

    @Test("Undoing a set on a live session gives the application its own visitor back, also after several renewals")
    func undoneAfterRenewals() async throws {
        let application = Application()
        let id = try await application.start("own")
        _ = try await application.inspector.set(Application.tokens("set"), on: id)
        try await application.learn(of: id)
        #expect(await application.rule(for: "refresh-own", .renewal) == .replace(with: Secret("refresh-set")))
        let own = UsedToken(value: Secret("refresh-own"), use: .renewal)
        await application.renew("refresh-set", to: "set2", .substituted(own))
        #expect(await application.rule(for: "refresh-set2", .renewal) == .pass)
        await application.renew("refresh-set2", to: "set3", nil)
        _ = try await application.inspector.undoSet(of: id)
        try await application.learn(of: id)
        #expect(try await application.store.substitutions().isEmpty)
        #expect(await application.rule(for: "refresh-set3", .renewal) == .replace(with: Secret("refresh-own")))
        #expect(await application.rule(for: "access-set3") == .replace(with: Secret("access-own")))
        let back = UsedToken(value: Secret("refresh-set3"), use: .renewal)
        await application.renew("refresh-own", to: "own2", .substituted(back))
        #expect(await application.rule(for: "refresh-own2", .renewal) == .pass)
        #expect(try await application.sessions.count == 1)
    }

    @Test("A recorder that is stopped in the middle of a withdrawal keeps both pairs")
    func stoppedWhileWithdrawing() async throws {
        let store = StoppingStore()
        let application = Application(store)
        let id = try await application.start("own")
        _ = try await application.inspector.set(Application.tokens("set"), on: id)
        try await application.learn(of: id)
        let following = Task { await application.decider.follow() }
        store.cancelOnUpdate(following)
        while !store.isFollowed { try await Task.sleep(for: .milliseconds(2)) }
        try await application.store.withdrawSubstitution(of: id, by: "inspector 1")
        await following.value
        #expect(try await application.store.opened(id)?.tokens.refreshToken?.value == Secret("refresh-own"))
        #expect(try await application.inspector.holder(of: Secret("refresh-set"))?.id != id)
        #expect(try await application.sessions.count == 2)
    }

    @Test("Other keys in Authorization make no visitor")
    func otherKeys() async throws {
        for (field, token) in [
            ("Bearer a.b.c", "a.b.c"), ("a.b.c", "a.b.c"), ("Basic YTpi", nil), ("IST.key", nil),
            ("Bearer IST.key", nil),
        ] {
            #expect(ExchangeTracker.token(field)?.reveal() == token, "\(field)")
        }
        let application = Application(isOfWix: true)
        for token in ["Basic", "a-key", "a.b.c"] { await application.call(token) }
        #expect(try await application.sessions.isEmpty)
        await application.call("OauthNG.JWS.e30.e30.a")
        #expect(try await application.sessions.count == 1)
    }

    @Test("What was written is freed, also while there is always something left")
    func bytesFreed() throws {
        var ends: [Int32] = [-1, -1]
        try #require(socketpair(AF_UNIX, Int32(SOCK_STREAM.rawValue), 0, &ends) == 0)
        defer { for end in ends { close(end) } }
        Stream.prepare(ends[0])
        var stream = Stream(descriptor: ends[0])
        var buffer = [UInt8](repeating: 7, count: 16 << 10)
        var largest = 0
        for _ in 0..<1024 {
            while stream.pendingCount < 128 << 10 { stream.add(buffer) }
            let works = stream.flush()
            #expect(works)
            largest = max(largest, stream.unwritten.count)
            _ = read(ends[1], &buffer, buffer.count)
        }
        #expect(largest < 1 << 20)
    }

    @Test("Found tokens that the store didn't take are kept to be saved elsewhere")
    func unstoredFinds() async throws {
        let application = Application(FaultyStore(failsSessions: true))
        let text = Data(#"{"accessToken":{"value":"OauthNG.JWS.a.b.c"},"refreshToken":{"value":"JWS.a.b.c"}}"#.utf8)
        let found = try TokenDiscovery.read(text, now: Date()).onlyFinding().read
        for _ in 0..<2 { await application.run.take(found, label: "tab") }
        await application.run.finish()
        #expect(await application.run.summary.unstored == [found.tokens])
    }
}

/// A store that cancels a task at its first update, and inserts nothing for a cancelled task.
private final class StoppingStore: ForwardingStore {
    let store = InMemorySessionStore()
    private let state = Mutex<(task: Task<Void, Never>?, isFollowed: Bool)>((nil, false))

    var isFollowed: Bool { state.withLock(\.isFollowed) }
    func cancelOnUpdate(_ task: Task<Void, Never>) { state.withLock { $0.task = task } }

    func journalEnd() async throws(StoreError) -> Int {
        state.withLock { $0.isFollowed = true }
        return store.journalEnd()
    }

    func update(
        _ session: VisitorSession, tokens: Tokens?, entry: JournalEntry.Draft?, keeping replaced: ReplacedTokens?
    ) async throws(StoreError) -> VisitorSession {
        state.withLock { $0.task?.cancel() }
        return try store.update(session, tokens: tokens, entry: entry, keeping: replaced)
    }

    func insert(
        _ session: VisitorSession, tokens: Tokens, entry: JournalEntry.Draft
    ) async throws(StoreError) -> VisitorSession {
        guard !Task.isCancelled else { throw StoreError(.unavailable, "The task is cancelled.") }
        return try store.insert(session, tokens: tokens, entry: entry)
    }
}

extension Tokens {
    fileprivate init(expired name: String) {
        self = RecordedApplication.tokens(name, isExpired: true)
    }
}
