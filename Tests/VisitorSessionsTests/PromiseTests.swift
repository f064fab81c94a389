import Foundation
import Testing
import VisitorSessionsTesting

@testable import VisitorSessions

/// One test for each promise of the session manager. Other suites cover the details.
@Suite("The promises")
struct PromiseTests {
    private let bench = ManagerBench()

    @Test("Single flight: any number of callers of one session share one request")
    func oneFlight() async throws {
        let session = try await bench.session()
        bench.issuer.onRenew(.held(bench.issued("new")))
        bench.issuer.onGenerate(.held(bench.issued("visitor", refreshToken: "refresh-visitor")))
        let managers = (0..<4).map { bench.manager("server \($0)") }
        let client = VisitorClient(manager: managers[0], clientID: ManagerBench.clientID)
        try await withThrowingTaskGroup(of: Void.self) { group in
            for number in 0..<40 {
                let manager = managers[number % managers.count]
                group.addTask {
                    let tokens = try await manager.tokens(of: session.id)
                    #expect(tokens.accessToken?.value == Secret("access-new"))
                }
                group.addTask {
                    let token = try await client.accessToken()
                    #expect(token.value == Secret("access-visitor"))
                }
            }
            await bench.issuer.waitForRequests(2)
            // The three others wait for the first one's request.
            await bench.clock.waitForSleepers(3)
            bench.clock.advance(by: .milliseconds(12))
            bench.issuer.release(2)
            try await group.waitForAll()
        }
        #expect(bench.issuer.requests.count == 2)
        let asked = bench.store.journal(after: 0, limit: 9).map(\.draft).filter { $0.event != .set }
        #expect(Set(asked.map(\.event)) == [.generated, .renewed])
        #expect(asked.allSatisfy { $0.duration == .milliseconds(12) })
    }

    @Test("Lease and fence: a late holder overwrites nothing, and discarded sessions stay discarded")
    func leaseAndFence() async throws {
        let session = try await bench.session()
        let other = try await bench.session("other")
        bench.issuer.onRenew(.held(bench.issued("late")), bench.issued("newer"), .held(bench.issued("gone")))
        async let late = bench.manager("late").renew(session.id)
        await bench.issuer.waitForRequests()
        #expect(throws: StoreError.self) {
            try bench.store.lease(
                try #require(bench.store.session(session.id)), to: "another", for: .seconds(1), within: nil)
        }
        bench.clock.advance(by: .seconds(61))
        _ = try await bench.manager("next").renew(session.id)
        async let gone = bench.manager("gone").renew(other.id)
        await bench.issuer.waitForRequests(3)
        _ = try await bench.manager("owner").discard(other.id)
        bench.issuer.release(2)
        _ = try await (late, gone)
        #expect(try bench.store.opened(session.id)?.tokens.accessToken?.value == Secret("access-newer"))
        #expect(bench.state(other.id) == .discarded)
    }

    @Test(
        "Nothing half-known: “sent” is durable before the token goes out, and the next renewal finds out what came of it"
    )
    func nothingHalfKnown() async throws {
        let session = try await bench.session()
        bench.issuer.onRenew(
            .held(.failure(IssuerError(.transient, "Cut off.", mayHaveTakenEffect: true))), bench.issued("new"))
        let manager = bench.manager()
        let renewal = Task { try await manager.renew(session.id) }
        await bench.issuer.waitForRequests()
        #expect(bench.store.session(session.id)?.sentAt != nil)
        bench.issuer.release()
        _ = await renewal.result
        #expect(bench.state(session.id) == .unresolved)
        _ = try await manager.renew(session.id)
        #expect(bench.state(session.id) == .valid)
    }

    @Test(
        "Stored before seen: a pair is durable before anybody has it; otherwise they have it with the error, and it is stored later"
    )
    func storedBeforeSeen() async throws {
        let session = try await bench.session()
        bench.issuer.onRenew(bench.issued("one"), bench.issued("two"))
        let pausing = PausingStore(bench.store, at: .beforeUpdate)
        let manager = bench.manager(store: pausing)
        let seen = Task { try await manager.tokens(of: session.id) }
        await pausing.waitForPause()
        let other = Task { [bench] in
            // Concurrent callers wait as well.
            let tokens = try await manager.tokens(of: session.id)
            return tokens == (try bench.store.opened(session.id)?.tokens)
        }
        pausing.letGo()
        #expect(try await seen.value == bench.store.opened(session.id)?.tokens)
        #expect(try await other.value)

        let failing = FailingStore(bench.store, .noPairs)
        let second = bench.manager("second", store: failing)
        let error = await bench.whileTimePasses {
            await #expect(throws: SessionError.self) { try await second.renew(session.id) }
        }
        #expect(error?.unstoredTokens?.accessToken?.value == Secret("access-two"))
        failing.set(.fair)
        await bench.whileTimePasses { await second.settle() }
        #expect(try bench.store.opened(session.id)?.tokens == error?.unstoredTokens)
    }

    @Test("Cancelling one waiter never cancels the flight for the others, and never changes the session")
    func cancellingOneWaiter() async throws {
        let session = try await bench.session()
        bench.issuer.onRenew(.held(bench.issued("new")))
        let manager = bench.manager()
        let impatient = Task { try await manager.renew(session.id) }
        await bench.issuer.waitForRequests()
        let patient = Task { try await manager.tokens(of: session.id) }
        impatient.cancel()
        let error = await #expect(throws: SessionError.self) { try await impatient.value }
        #expect(error?.kind == .cancelled && bench.state(session.id) == .renewing)
        bench.issuer.release()
        #expect(try await patient.value.accessToken?.value == Secret("access-new"))
    }

    @Test(
        "Windows: served while it is renewed behind, waited for inside the leeway, and longer where longer is asked for"
    )
    func windows() async throws {
        let ahead = try await bench.session("ahead", endingIn: 200)
        let near = try await bench.session("near", endingIn: 20)
        let far = try await bench.session("far", endingIn: 3000)
        bench.issuer.onRenew(bench.issued("one"), bench.issued("two"), bench.issued("three"))
        let manager = bench.manager()
        #expect(try await manager.tokens(of: ahead.id).accessToken?.value == Secret("access-ahead"))
        await manager.settle()
        #expect(try bench.store.opened(ahead.id)?.tokens.accessToken?.value == Secret("access-one"))
        #expect(try await manager.tokens(of: near.id).accessToken?.value == Secret("access-two"))
        #expect(try await manager.tokens(of: far.id).accessToken?.value == Secret("access-far"))
        let longer = try await manager.tokens(of: far.id, minimumLifetime: .seconds(3600))
        #expect(longer.accessToken?.value == Secret("access-three"))
        // Background renewals can be told from requested ones.
        for (session, outcome) in [(ahead, "automatically"), (near, nil), (far, nil)] {
            #expect(bench.store.history(of: session.id, limit: 1).map(\.draft.outcome) == [outcome])
        }
    }

    @Test("Back-off: grows up to a deadline and obeys Retry-After, the budget and the circuit breaker")
    func backOff() async throws {
        let silent = IssuerError(.transient, "No connection.")
        var sessions: [VisitorSession] = []
        for number in 0..<8 { sessions.append(try await bench.session("\(number)")) }
        let store = bench.store

        // Three attempts, one and two seconds apart.
        let start = bench.clock.date()
        bench.issuer.onRenew(.failure(silent), .failure(silent), bench.issued("third"))
        let patient = bench.manager("patient", policy: ManagerBench.policy(attempts: 3))
        _ = try await bench.whileTimePasses { try await patient.renew(sessions[0].id) }
        let took = bench.clock.date().timeIntervalSince(start)
        #expect((3...4).contains(took) && bench.issuer.requests.count == 3)

        // Retry-After applies to all sessions of the client.
        let busy = IssuerError(.transient, "Too many.", status: 429, retryAfter: bench.clock.date() + .seconds(90))
        bench.issuer.onRenew(.failure(busy))
        let obedient = bench.manager("obedient")
        await #expect(throws: SessionError.self) { try await obedient.renew(sessions[1].id) }
        let error = await #expect(throws: SessionError.self) { try await obedient.renew(sessions[2].id) }
        #expect(error?.retryAfter != nil && bench.issuer.requests.count == 4)

        // A budget of one request a minute, shared by two managers.
        bench.clock.advance(by: .seconds(120))
        bench.issuer.onRenew(bench.issued("first of the minute"))
        let poor = ManagerBench.policy {
            $0.budget = RequestBudget(requestsPerMinute: 1)
            $0.flightDeadline = .seconds(10)
        }
        _ = try await bench.manager("poor", policy: poor).renew(sessions[3].id)
        let late = await #expect(throws: SessionError.self) {
            try await bench.manager("poorer", policy: poor).renew(sessions[4].id)
        }
        #expect(late?.kind == .transient && late?.isOfIssuer == false)
        #expect(bench.issuer.requests.count == 5 && store.session(sessions[4].id)?.sentAt == nil)

        // Five consecutive failures open the circuit breaker.
        bench.clock.advance(by: .seconds(120))
        let unlucky = bench.manager("unlucky", policy: ManagerBench.policy { $0.flightDeadline = .seconds(1) })
        for number in 0..<5 {
            bench.issuer.onRenew(.failure(silent))
            await #expect(throws: SessionError.self) { try await unlucky.renew(sessions[number].id) }
        }
        let open = await #expect(throws: SessionError.self) { try await unlucky.renew(sessions[6].id) }
        #expect(open?.message.contains("requests are paused") == true && open?.isOfIssuer == true)
        #expect(bench.issuer.requests.count == 10)
    }

    @Test("Automatic renewal: the scheduler renews sessions with auto-renewal, earliest expiry first")
    func automaticRenewal() async throws {
        let bench = SchedulerBench()
        let later = try await bench.sessions(1, endingIn: 100)
        let first = try await bench.sessions(1, endingIn: 50)
        let other = try await bench.bench.session("other", endingIn: 40)
        await bench.run([bench.manager("one")], for: .seconds(40))
        let renewed = bench.bench.store.journal(after: 0, limit: 100).filter { $0.draft.event == .renewed }
        #expect(renewed.map(\.session) == first + later && !renewed.map(\.session).contains(other.id))
    }

    @Test("Time: expiry follows the issuer's clock, and setting the local clock changes nothing")
    func time() async throws {
        let first = try await bench.session("first", endingIn: 14_000)
        let second = try await bench.session("second", endingIn: 1800)
        // The issuer is an hour ahead.
        var issued = IssuedTokens(
            accessToken: AccessToken(Secret("access-new"), expiresAt: bench.clock.date() + .seconds(18_000)),
            refreshToken: nil)
        issued.serverDate = bench.clock.date() + .seconds(3600)
        bench.issuer.onRenew(.tokens(issued), bench.issued("second"))
        let manager = bench.manager()
        _ = try await manager.renew(first.id)
        #expect(abs(manager.clock.now.timeIntervalSince(bench.clock.date()) - 3600) <= 1)
        #expect(try await manager.tokens(of: second.id).accessToken?.value == Secret("access-second"))
        let before = manager.clock.now
        bench.clock.setDate(bench.clock.date() - .seconds(7200))
        #expect(abs(manager.clock.now.timeIntervalSince(before)) < 1)
    }

    @Test("Failures are typed and have safe sentences and request IDs, but never a token")
    func failures() async throws {
        let expected: [(IssuerError.Kind, SessionError.Kind)] = [
            (.transient, .transient), (.unknown, .transient), (.configuration, .configuration), (.refused, .refused),
        ]
        for (number, (kind, failure)) in expected.enumerated() {
            let session = try await bench.session("\(number)")
            bench.issuer.onRenew(.failure(IssuerError(kind, "It said no.", requestID: "request-\(number)")))
            let error = await #expect(throws: SessionError.self) { try await bench.manager().renew(session.id) }
            #expect(error?.kind == failure && error?.requestID == "request-\(number)")
            #expect(error?.description.hasPrefix("It said no. The session") == true)
        }
        let session = try await bench.session("kept")
        bench.issuer.onRenew(bench.issued("secret", refreshToken: "refresh-secret"))
        let manager = bench.manager(store: FailingStore(bench.store, .noPairs))
        let error = await bench.whileTimePasses {
            await #expect(throws: SessionError.self) { try await manager.renew(session.id) }
        }
        #expect(error?.kind == .store)
        var dumped = ""
        dump(error, to: &dumped)
        let said = [error?.description, error?.debugDescription, "\(error as Any)", dumped].compactMap(\.self)
        #expect(!said.joined().contains("refresh-secret") && !said.joined().contains("access-secret"))
    }
}
