import Foundation
import Testing
import VisitorSessions
import VisitorSessionsTesting

@Suite("The session manager")
struct SessionManagerTests {
    private let bench = ManagerBench()

    @Test("Forty callers of one expired session share one request")
    func oneFlight() async throws {
        let session = try await bench.session()
        bench.issuer.onRenew(.held(bench.issued("new")))
        let manager = bench.manager()
        try await withThrowingTaskGroup(of: Secret?.self) { group in
            for _ in 0..<40 {
                group.addTask { try await manager.tokens(of: session.id).accessToken?.value }
            }
            await bench.issuer.waitForRequests()
            bench.issuer.release()
            for try await token in group { #expect(token == Secret("access-new")) }
        }
        #expect(bench.issuer.requests.count == 1)
    }

    @Test(
        "An application's tokens are replaced only by those of the same client, unless a client isn't known",
        arguments: [("a", "b", false), ("a", "A", true), ("", "b", true), ("a", "", true)])
    func sameClient(own: String, other: String, isAccepted: Bool) {
        let sessions = [own, other].map { client in
            VisitorSession(clientID: client, tokens: bench.tokens(client), at: bench.clock.date())
        }
        let isThrown = (try? sessions[0].requireIssuerAndClient(of: sessions[1])) == nil
        #expect(isThrown != isAccepted)
    }

    @Test("A caller that asks again after a result starts a new renewal")
    func again() async throws {
        let session = try await bench.session()
        let manager = bench.manager(policy: ManagerBench.policy { $0.budget = nil })
        for number in 1...200 {
            bench.issuer.onRenew(bench.issued("\(number)"))
            _ = try await manager.renew(session.id)
            #expect(bench.issuer.requests.count == number)
        }
    }

    @Test("The history says if a renewal returned another visitor's tokens")
    func otherVisitor() async throws {
        let session = try await bench.session { $0.visitorID = "0a0a0a0a-old" }
        let issued = IssuedTokens(
            accessToken: AccessToken(Secret("access-b"), expiresAt: nil, visitorID: "0b0b0b0b-new"), refreshToken: nil)
        bench.issuer.onRenew(.tokens(issued))
        let renewed = try await bench.manager().renew(session.id)
        #expect(renewed.visitorID == "0b0b0b0b-new")
        #expect(bench.store.history(of: session.id, limit: 1).first?.visitorChange == "0b0b0b0b replaces 0a0a0a0a")
    }

    @Test("Two managers on one store make one request and share its tokens")
    func twoManagers() async throws {
        let session = try await bench.session()
        bench.issuer.onRenew(.held(bench.issued("new")))
        async let first = bench.manager("first").renew(session.id)
        await bench.issuer.waitForRequests()
        async let second = bench.manager("second").renew(session.id)
        await bench.clock.waitForSleepers()
        #expect(bench.state(session.id) == .renewing)
        bench.issuer.release()
        // Notified by the change: no time passes.
        #expect(try await second == first)
        #expect(bench.issuer.requests.count == 1)
    }

    @Test("A valid token needs no request; one inside the leeway is renewed first")
    func windows() async throws {
        // A background renewal could be quicker than this test.
        let manager = bench.manager(policy: ManagerBench.policy { $0.renewAhead = .zero })
        let session = try await bench.session(endingIn: 31)
        #expect(try await manager.tokens(of: session.id).accessToken?.value == Secret("access-old"))
        #expect(bench.issuer.requests.isEmpty)
        bench.clock.advance(by: .seconds(2))
        bench.issuer.onRenew(bench.issued("new"))
        #expect(try await manager.tokens(of: session.id).accessToken?.value == Secret("access-new"))
    }

    @Test("A minimum lifetime renews a token that would expire sooner")
    func minimumLifetime() async throws {
        let session = try await bench.session(endingIn: 600)
        bench.issuer.onRenew(bench.issued("new"))
        let tokens = try await bench.manager().tokens(of: session.id, minimumLifetime: .seconds(601))
        #expect(tokens.accessToken?.value == Secret("access-new"))
    }

    @Test("A renewal replaces the refresh token only if the issuer returns a new one")
    func rotation() async throws {
        let session = try await bench.session()
        bench.issuer.onRenew(bench.issued("one"), bench.issued("two", refreshToken: "refresh-two"))
        var renewed = try await bench.manager().renew(session.id)
        #expect(try bench.store.opened(session.id)?.tokens.refreshToken?.value == Secret("refresh-old"))
        #expect(renewed.renewalCount == 1)
        renewed = try await bench.manager().renew(session.id)
        #expect(try bench.store.opened(session.id)?.tokens.refreshToken?.value == Secret("refresh-two"))
        #expect(renewed.renewalCount == 2 && renewed.lease == nil && renewed.sentAt == nil)
    }

    @Test("“Sent” is durable before the refresh token is sent")
    func sentMark() async throws {
        let session = try await bench.session()
        bench.issuer.onRenew(.held(bench.issued("new")))
        async let renewal = bench.manager().renew(session.id)
        await bench.issuer.waitForRequests()
        #expect(bench.store.session(session.id)?.sentAt == bench.clock.date())
        bench.issuer.release()
        _ = try await renewal
    }

    @Test("A dead lease holder leaves the session unresolved, and the next renewal resolves it")
    func deadHolder() async throws {
        let session = try await bench.session()
        _ = try bench.store.lease(session, to: "dead", for: .seconds(60), within: nil)
        #expect(bench.state(session.id) == .renewing)
        bench.clock.advance(by: .seconds(61))
        #expect(bench.state(session.id) == .unresolved)
        bench.issuer.onRenew(bench.issued("new"))
        _ = try await bench.manager().renew(session.id)
        #expect(bench.state(session.id) == .valid)
    }

    @Test(
        "Only a definite refusal ends a session; every other failure keeps it",
        arguments: [
            (IssuerError.Kind.refused, false, SessionState.refused, SessionError.Kind.refused),
            (.configuration, false, .expired, .configuration), (.transient, false, .expired, .transient),
            (.transient, true, .unresolved, .transient), (.unknown, false, .expired, .transient),
            (.unknown, true, .unresolved, .transient),
        ])
    func failures(
        kind: IssuerError.Kind, mayHaveTakenEffect: Bool, state: SessionState, failure: SessionError.Kind
    ) async throws {
        let session = try await bench.session()
        bench.issuer.onRenew(
            .failure(
                IssuerError(kind, "It failed.", requestID: "request-9", mayHaveTakenEffect: mayHaveTakenEffect)))
        let error = await #expect(throws: SessionError.self) { try await bench.manager().renew(session.id) }
        #expect(error?.kind == failure)
        #expect(error?.requestID == "request-9")
        #expect(bench.state(session.id) == state)
        #expect(try bench.store.opened(session.id)?.tokens == bench.tokens("old", endingIn: -60))
    }

    @Test("A renewal that completes after a set doesn't overwrite it")
    func lateRenewal() async throws {
        let session = try await bench.session()
        bench.issuer.onRenew(.held(bench.issued("late")))
        let manager = bench.manager()
        async let renewal = manager.renew(session.id)
        await bench.issuer.waitForRequests()
        let replaced = try await manager.set(bench.tokens("set"), on: session.id)
        #expect(replaced.previous.tokens == bench.tokens("old", endingIn: -60))
        bench.issuer.release()
        _ = try await renewal
        #expect(try bench.store.opened(session.id)?.tokens == bench.tokens("set"))
    }

    @Test("A holder that wakes up after its lease expired doesn't overwrite its successor's pair")
    func lateHolder() async throws {
        let session = try await bench.session()
        bench.issuer.onRenew(.held(bench.issued("late")), bench.issued("newer"))
        async let late = bench.manager("late").renew(session.id)
        await bench.issuer.waitForRequests()
        bench.clock.advance(by: .seconds(61))
        _ = try await bench.manager("next").renew(session.id)
        bench.issuer.release()
        _ = try await late
        #expect(try bench.store.opened(session.id)?.tokens.accessToken?.value == Secret("access-newer"))
        #expect(bench.store.session(session.id)?.renewalCount == 1)
    }

    @Test("A late refusal doesn't affect the token that the next holder sent")
    func lateRefusal() async throws {
        let session = try await bench.session()
        bench.issuer.onRenew(
            .held(.failure(IssuerError(.refused, "Refused."))), .held(bench.issued("newer")))
        async let late: VisitorSession? = try? bench.manager("late").renew(session.id)
        await bench.issuer.waitForRequests()
        bench.clock.advance(by: .seconds(61))
        async let next = bench.manager("next").renew(session.id)
        await bench.issuer.waitForRequests(2)
        bench.issuer.release()
        _ = await late
        #expect(bench.store.session(session.id)?.refusedAt == nil)
        #expect(bench.store.session(session.id)?.sentAt != nil)
        bench.issuer.release()
        _ = try await next
        #expect(bench.state(session.id) == .valid)
    }

    @Test("An attempt that didn't reach the issuer leaves the session unresolved")
    func stillUnresolved() async throws {
        let session = try await bench.session()
        bench.issuer.onRenew(
            .failure(IssuerError(.transient, "Timed out.", mayHaveTakenEffect: true)),
            .failure(IssuerError(.transient, "No connection.")))
        for _ in 0..<2 {
            await #expect(throws: SessionError.self) { try await bench.manager().renew(session.id) }
            #expect(bench.state(session.id) == .unresolved)
        }
    }

    @Test("A caller that rejected an old token doesn't renew the new one")
    func staleObservation() async throws {
        let session = try await bench.session()
        let slow = PausingStore(bench.store, at: .afterOpening)
        let manager = bench.manager(store: slow)
        bench.issuer.onRenew(bench.issued("new"))
        // The second caller has read the expired token, and continues only after the first has renewed it.
        async let second = manager.tokens(of: session.id)
        await slow.waitForPause()
        _ = try await bench.manager().renew(session.id)
        slow.letGo()
        #expect(try await second.accessToken?.value == Secret("access-new"))
        #expect(bench.issuer.requests.count == 1)
    }

    @Test("Setting tokens updates the session's client and visitor")
    func otherIdentity() async throws {
        var tokens = bench.tokens("first")
        tokens.accessToken?.visitorID = "visitor-1"
        let session = try await bench.manager().add(tokens, clientID: "client-1")
        let alone = Tokens(refreshToken: RefreshToken(Secret("refresh-second")))
        let changed = try await bench.manager().set(alone, clientID: "client-2", on: session.id).session
        #expect(changed.clientID == "client-2" && changed.visitorID == nil)
    }

    @Test("An undo doesn't replace tokens that were set in the meantime")
    func undoOfOldSet() async throws {
        let session = try await bench.session()
        let manager = bench.manager()
        let before = try await manager.set(bench.tokens("set"), on: session.id).previous
        _ = try await manager.set(bench.tokens("later"), on: session.id)
        await #expect(throws: SessionError.self) {
            try await manager.set(before.tokens, on: session.id, replacing: bench.tokens("set"))
        }
        #expect(try bench.store.opened(session.id)?.tokens == bench.tokens("later"))
    }

    @Test("A renewal that completes after a discard keeps its pair but doesn't restore the session")
    func discardedMeanwhile() async throws {
        let session = try await bench.session()
        bench.issuer.onRenew(.held(bench.issued("late", refreshToken: "refresh-late")))
        let manager = bench.manager()
        async let renewal = manager.renew(session.id)
        await bench.issuer.waitForRequests()
        _ = try await manager.discard(session.id)
        bench.issuer.release()
        _ = try await renewal
        #expect(bench.state(session.id) == .discarded)
        _ = try await manager.restore(session.id)
        #expect(try bench.store.opened(session.id)?.tokens.refreshToken?.value == Secret("refresh-late"))
    }

    @Test("A cancelled caller doesn't cancel the renewal for the others")
    func cancelledCaller() async throws {
        let session = try await bench.session()
        bench.issuer.onRenew(.held(bench.issued("new")))
        let manager = bench.manager()
        let impatient = Task { try await manager.renew(session.id) }
        await bench.issuer.waitForRequests()
        async let patient = manager.tokens(of: session.id)
        impatient.cancel()
        // Returns at once, although there is no response yet.
        let error = await #expect(throws: SessionError.self) { try await impatient.value }
        #expect(error?.kind == .cancelled)
        bench.issuer.release()
        #expect(try await patient.accessToken?.value == Secret("access-new"))
        #expect(bench.issuer.requests.count == 1)
        #expect(bench.state(session.id) == .valid)
    }

    @Test("A failed generation creates no session")
    func failedGeneration() async throws {
        bench.issuer.onGenerate(.failure(IssuerError(.configuration, "The client ID is wrong.")))
        let error = await #expect(throws: SessionError.self) {
            try await bench.manager().generate(clientID: "wrong")
        }
        #expect(error?.kind == .configuration)
        #expect(bench.store.counts(at: bench.clock.date(), policy: SessionPolicy()).total == 0)
    }

    @Test("A discarded session can be restored within the grace period, not after")
    func gracePeriod() async throws {
        let session = try await bench.session(endingIn: 14_400)
        let manager = bench.manager()
        _ = try await manager.discard(session.id)
        await #expect(throws: SessionError.self) { try await manager.tokens(of: session.id) }
        await #expect(throws: SessionError.self) { try await manager.discard(session.id) }
        bench.clock.advance(by: .seconds(24 * 3600 - 1))
        let restored = try await manager.restore(session.id)
        #expect(restored.discardedAt == nil && restored.accessExpiry == session.accessExpiry)
        _ = try await manager.discard(session.id)
        bench.clock.advance(by: .seconds(24 * 3600))
        await #expect(throws: SessionError.self) { try await manager.restore(session.id) }
    }

    @Test("A session without a refresh token works until it expires, then can't be renewed")
    func accessTokenAlone() async throws {
        let tokens = Tokens(accessToken: bench.tokens("alone", endingIn: 10).accessToken)
        let session = try await bench.manager().add(tokens, clientID: ManagerBench.clientID)
        #expect(try await bench.manager().tokens(of: session.id) == tokens)
        bench.clock.advance(by: .seconds(11))
        let error = await #expect(throws: SessionError.self) { try await bench.manager().tokens(of: session.id) }
        #expect(error?.kind == .unsuitable)
        #expect(bench.state(session.id) == .refused)
    }

    @Test("The journal has one entry per event, with actor and request ID")
    func journal() async throws {
        let session = try await bench.session()
        bench.issuer.onRenew(
            .failure(IssuerError(.transient, "Busy.", requestID: "request-1")), bench.issued("new"))
        let manager = bench.manager("server 7")
        _ = try? await manager.renew(session.id)
        _ = try await manager.renew(session.id)
        _ = try await manager.label(session.id, "other")
        _ = try await manager.discard(session.id)
        _ = try await manager.restore(session.id)
        let history = bench.store.history(of: session.id, limit: 10).reversed().map(\.draft)
        #expect(history.map(\.event) == [.set, .failed, .renewed, .labeled, .discarded, .restored])
        #expect(history.dropFirst().allSatisfy { $0.actor == "server 7" })
        #expect(history.compactMap(\.requestID) == ["request-1", "request-new"])
    }

    @Test("A session is found by a prefix of its ID in either case, with or without dashes, or by its label")
    func finding() async throws {
        let session = try await bench.session()
        let manager = bench.manager()
        let text = session.id.description
        for reference in [text, String(text.prefix(6)), text.prefix(12).uppercased(), session.id.prefix(20), "cart"] {
            #expect(try await bench.store.find(reference).id == session.id)
        }
        let missing = await #expect(throws: SessionError.self) { try await bench.store.find("nothing") }
        #expect(missing?.kind == .notFound)
        _ = try await bench.session("second")
        let labeled = try await manager.label(session.id, try await bench.session("third").id.description)
        #expect(try await bench.store.find(labeled.label).id != session.id)
        _ = try await manager.label(session.id, "cart")
        let ambiguous = await #expect(throws: SessionError.self) { try await bench.store.find("cart") }
        #expect(ambiguous?.kind == .ambiguous)
    }

    @Test(
        "A label with control characters is refused before any request or write",
        arguments: ["a\tb", "a\0", "\u{9B}"])
    func controlCharactersInLabels(label: String) async throws {
        let session = try await bench.session()
        let manager = bench.manager()
        let errors = [
            await #expect(throws: SessionError.self) { try await manager.label(session.id, label) },
            await #expect(throws: SessionError.self) {
                try await manager.add(bench.tokens("other"), label: label, clientID: ManagerBench.clientID)
            },
            await #expect(throws: SessionError.self) {
                try await manager.generate(label: label, clientID: ManagerBench.clientID)
            },
        ]
        for error in errors {
            #expect(error?.kind == .unsuitable && error?.message.contains("control characters") == true)
        }
        #expect(bench.issuer.requests.isEmpty)
        #expect(bench.store.session(session.id) == session)
    }

    @Test("A session can keep an invalid label from an earlier version")
    func oldLabel() throws {
        var session = VisitorSession(label: "a\tb", clientID: "client", tokens: Tokens(), at: bench.clock.date())
        try session.requireValidLabel(replacing: "a\tb")
        #expect(throws: StoreError.invalidLabel) { try session.requireValidLabel(replacing: "a") }
        session.label = VisitorSession.label("a\tb\r\nc")
        #expect(session.label == "a b  c")
    }

    @Test("Errors don't repeat a token that was typed as a session name")
    func misplacedToken() async {
        for token in ["OauthNG.JWS.abc", "JWS.abc", "eyJabc", String(repeating: "x", count: 41)] {
            let error = await #expect(throws: SessionError.self) { try await bench.store.find(token) }
            #expect(error?.description.contains(token) == false)
        }
    }

    @Test("No description of an error contains a token")
    func secrets() async throws {
        let session = try await bench.session()
        bench.issuer.onRenew(.failure(IssuerError(.refused, "Refused.")))
        do {
            _ = try await bench.manager().renew(session.id)
        } catch {
            let texts = [error.description, error.debugDescription, "\(error)", String(reflecting: error)]
            #expect(texts.allSatisfy { !$0.contains("refresh-old") && !$0.contains("access-old") })
        }
        var dumped = ""
        dump(try bench.store.opened(session.id), to: &dumped)
        #expect(!dumped.contains("refresh-old") && !dumped.contains("access-old"))
    }
}
