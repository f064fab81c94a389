import Foundation
import Testing
import VisitorSessions
import VisitorSessionsTesting

@Suite("The visitor client")
struct VisitorClientTests {
    private let bench = ManagerBench()

    private func client(
        _ tokens: Tokens = Tokens(), whenRefused: VisitorClient.WhenRefused = .fail, manager: SessionManager? = nil
    ) -> VisitorClient {
        VisitorClient(
            manager: manager ?? bench.manager(), clientID: ManagerBench.clientID, tokens: tokens,
            whenRefused: whenRefused)
    }

    private let refused = ScriptedIssuer.Answer.failure(IssuerError(.refused, "The refresh token is dead."))

    // MARK: The cases of the JavaScript SDK

    @Test("Generates a visitor if there is none")
    func generates() async throws {
        bench.issuer.onGenerate(bench.issued("new", refreshToken: "refresh-new"))
        let client = client()
        let tokens = try await client.generateVisitorTokens()
        #expect(tokens.accessToken?.value == Secret("access-new"))
        #expect(tokens.refreshToken?.value == Secret("refresh-new"))
        // Stored before seen.
        let id = try #require(await client.sessionID)
        #expect(try bench.store.opened(id)?.tokens == tokens)
    }

    @Test("Generates a visitor for the first request")
    func onTheFly() async throws {
        bench.issuer.onGenerate(bench.issued("new", refreshToken: "refresh-new"))
        let used = try await client().authorized({ $0 }, isExpired: { _ in false })
        #expect(used == Secret("access-new"))
    }

    @Test("Returns valid tokens without a request")
    func valid() async throws {
        let tokens = bench.tokens("old", endingIn: 9000)
        #expect(try await client().generateVisitorTokens(tokens) == tokens)
        #expect(bench.issuer.requests.isEmpty)
    }

    @Test("Renews an expired access token and keeps the refresh token")
    func renewsFromRefreshToken() async throws {
        bench.issuer.onRenew(bench.issued("new"), bench.issued("newer"))
        let expired = try await client().generateVisitorTokens(bench.tokens("old", endingIn: -60))
        #expect(expired.refreshToken?.value == Secret("refresh-old"))
        #expect(expired.accessToken?.value == Secret("access-new"))
        let alone = Tokens(refreshToken: RefreshToken(Secret("refresh-alone"), role: .member))
        let renewed = try await client().generateVisitorTokens(alone)
        #expect(renewed.accessToken?.value == Secret("access-newer"))
        #expect(renewed.refreshToken == alone.refreshToken, "The role is kept.")
    }

    @Test("Renews on request even if the access token still works")
    func renewsOnRequest() async throws {
        bench.issuer.onRenew(bench.issued("new"), bench.issued("newer"))
        let client = client(bench.tokens("old", endingIn: 9000))
        #expect(try await client.renewToken().accessToken?.value == Secret("access-new"))
        let other = RefreshToken(Secret("refresh-other"))
        #expect(try await client.renewToken(other).accessToken?.value == Secret("access-newer"))
        #expect(
            bench.issuer.requests == [
                .renew(RefreshToken(Secret("refresh-old")), clientID: ManagerBench.clientID),
                .renew(other, clientID: ManagerBench.clientID),
            ])
    }

    @Test("Only a definite refusal creates a new visitor, named in the old session's journal")
    func definiteRefusal() async throws {
        bench.issuer.onRenew(refused)
        bench.issuer.onGenerate(bench.issued("new", refreshToken: "refresh-new"))
        let client = client()
        let old = try await bench.manager().resume(bench.tokens("old", endingIn: -60), clientID: ManagerBench.clientID)
        let tokens = try await client.generateVisitorTokens(bench.tokens("old", endingIn: -60))
        #expect(tokens.refreshToken?.value == Secret("refresh-new"))
        let new = try #require(await client.sessionID)
        #expect(new != old.id && bench.state(old.id) == .refused)
        let note = try #require(bench.store.history(of: old.id, limit: 1).first?.draft)
        #expect(note.event == .replaced && note.outcome?.contains(new.description) == true)
    }

    @Test(
        "Any other failure keeps the visitor and throws",
        arguments: [IssuerError.Kind.transient, .unknown, .configuration])
    func otherFailures(kind: IssuerError.Kind) async throws {
        bench.issuer.onRenew(.failure(IssuerError(kind, "It failed.")))
        let client = client()
        await #expect(throws: SessionError.self) {
            try await client.generateVisitorTokens(bench.tokens("old", endingIn: -60))
        }
        #expect(try await client.tokens().refreshToken?.value == Secret("refresh-old"))
        #expect(bench.issuer.requests.count == 1)
    }

    @Test("Tokens set during a generation stay the client's")
    func setWhileGenerating() async throws {
        bench.issuer.onGenerate(.held(bench.issued("new", refreshToken: "refresh-new")))
        let client = client()
        async let first = client.accessToken()
        await bench.issuer.waitForRequests()
        let member = bench.tokens("member", endingIn: 9000)
        try await client.setTokens(member)
        bench.issuer.release()
        #expect(try await first.value == Secret("access-new"))
        #expect(try await client.tokens() == member)
    }

    @Test("Tokens set during the first lookup stay the client's")
    func setWhileResuming() async throws {
        let pausing = PausingStore(bench.store, at: .beforeOpening)
        let old = bench.tokens("old", endingIn: 9000)
        _ = try await bench.manager().resume(old, clientID: ManagerBench.clientID)
        let client = client(old, manager: bench.manager(store: pausing))
        async let first = client.accessToken()
        await pausing.waitForPause()
        let member = bench.tokens("member", endingIn: 9000)
        try await client.setTokens(member)
        pausing.letGo()
        _ = try await first
        #expect(try await client.tokens() == member)
    }

    @Test("The `fail` policy keeps a refused session")
    func failsWhenRefused() async throws {
        bench.issuer.onRenew(refused)
        let error = await #expect(throws: SessionError.self) {
            try await client().generateVisitorTokens(bench.tokens("old", endingIn: -60), whenRefused: .fail)
        }
        #expect(error?.kind == .refused)
        #expect(bench.issuer.requests.count == 1)
    }

    @Test("Sets and returns tokens")
    func setAndGet() async throws {
        let client = client()
        #expect(try await client.tokens().isEmpty)
        try await client.setTokens(bench.tokens("set"))
        #expect(try await client.tokens() == bench.tokens("set"))
        try await client.setTokens(Tokens())
        #expect(try await client.tokens().isEmpty)
        #expect(bench.issuer.requests.isEmpty)
    }

    @Test("Starts with given tokens or a stored session")
    func fromTheStart() async throws {
        let tokens = bench.tokens("old", endingIn: 9000)
        let client = client(tokens)
        #expect(try await client.tokens() == tokens)
        #expect(try await client.accessToken().value == Secret("access-old"))
        let id = try #require(await client.sessionID)
        let session = try #require(bench.store.session(id))
        let resumed = VisitorClient(manager: bench.manager(), session: session)
        #expect(try await resumed.tokens() == tokens)
        #expect(bench.issuer.requests.isEmpty)
    }

    // MARK: What its users suffer from there

    @Test("Concurrent first uses create one visitor")
    func oneVisitor() async throws {
        let issuer = RotatingIssuer(now: bench.clock.date)
        let client = client(manager: bench.manager(issuer: issuer))
        let used = try await withThrowingTaskGroup(of: Secret.self) { group in
            for number in 0..<40 {
                group.addTask {
                    number % 2 == 0
                        ? try await client.accessToken().value
                        : try await client.authorized({ $0 }, isExpired: { _ in false })
                }
            }
            return try await group.reduce(into: Set<Secret>()) { $0.insert($1) }
        }
        #expect(used.count == 1 && issuer.visitors == 1)
    }

    @Test("Concurrent refusals create one new visitor")
    func oneReplacement() async throws {
        let issuer = RotatingIssuer(now: bench.clock.date)
        issuer.fail(IssuerError(.refused, "The refresh token is dead."))
        let tokens = bench.tokens("old", endingIn: -60)
        let session = try await bench.manager().resume(tokens, clientID: ManagerBench.clientID)
        _ = try? await bench.manager(issuer: issuer).renew(session.id)
        issuer.fail(nil)
        let client = client(tokens, whenRefused: .startNewVisitor, manager: bench.manager(issuer: issuer))
        let used = try await withThrowingTaskGroup(of: Secret.self) { group in
            for _ in 0..<20 { group.addTask { try await client.accessToken().value } }
            return try await group.reduce(into: Set<Secret>()) { $0.insert($1) }
        }
        #expect(used.count == 1 && issuer.visitors == 1)
    }

    @Test("A response that reports an expired token is retried once with a renewed one")
    func triesOnceMore() async throws {
        bench.issuer.onRenew(bench.issued("new"))
        let client = client(bench.tokens("old", endingIn: 9000))
        let answered = try await client.authorized({ token in (token, 401) }, isExpired: { $0.1 == 401 })
        #expect(answered.0 == Secret("access-new"), "The second answer is the caller's, whatever it says.")
        #expect(bench.issuer.requests.count == 1)
    }

    @Test("A request keeps its visitor although other tokens are set meanwhile")
    func staysItsVisitors() async throws {
        bench.issuer.onRenew(bench.issued("new"))
        let client = client(bench.tokens("old", endingIn: 9000))
        let other = bench.tokens("other", endingIn: 9000)
        let answered = try await client.authorized { token in
            try await client.setTokens(other)
            return token
        } isExpired: {
            $0 == Secret("access-old")
        }
        #expect(answered == Secret("access-new"))
        #expect(try await client.tokens() == other)
    }

    @Test("Without a refresh token the caller gets the server's response")
    func nothingToRenewWith() async throws {
        let alone = Tokens(accessToken: bench.tokens("alone", endingIn: 9000).accessToken)
        let answered = try await client(alone).authorized({ _ in 401 }, isExpired: { $0 == 401 })
        #expect(answered == 401)
    }

    @Test("A request that throws isn't sent again")
    func sendingThrows() async throws {
        let client = client(bench.tokens("old", endingIn: 9000))
        await #expect(throws: CancellationError.self) {
            try await client.authorized({ _ -> Int in throw CancellationError() }, isExpired: { _ in true })
        }
        #expect(bench.issuer.requests.isEmpty)
    }
}
