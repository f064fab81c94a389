import Foundation
import Testing
import VisitorSessions
import VisitorSessionsTesting

@Suite("Resuming a visitor's session")
struct ResumeTests {
    private let bench = ManagerBench()

    @Test("Unknown tokens create a session, which is resumed from then on")
    func comesBack() async throws {
        let manager = bench.manager()
        let first = try await manager.resume(bench.tokens("cookie"), clientID: ManagerBench.clientID)
        let second = try await bench.manager("other").resume(bench.tokens("cookie"), clientID: ManagerBench.clientID)
        #expect(first.id == second.id)
        let alone = Tokens(refreshToken: RefreshToken(Secret("refresh-cookie")))
        #expect(try await manager.resume(alone, clientID: ManagerBench.clientID).id == first.id)
        #expect(try bench.store.opened(first.id)?.tokens == bench.tokens("cookie"))
    }

    @Test("Forty requests with one cookie create one session and one renewal")
    func atOnce() async throws {
        let issuer = RotatingIssuer(now: bench.clock.date)
        let tokens = bench.tokens("cookie", endingIn: -60)
        let managers = (0..<8).map { bench.manager("server \($0)", issuer: issuer) }
        let answers = try await withThrowingTaskGroup(of: Tokens.self) { group in
            for number in 0..<40 {
                group.addTask {
                    let manager = managers[number % managers.count]
                    let session = try await manager.resume(tokens, clientID: ManagerBench.clientID)
                    return try await manager.tokens(of: session.id)
                }
            }
            return try await group.reduce(into: Set<Tokens>()) { $0.insert($1) }
        }
        #expect(answers.count == 1 && issuer.redemptions.count == 1 && issuer.reuses == 0)
        #expect(bench.store.counts(at: bench.clock.date(), policy: SessionPolicy()).total == 1)
    }

    @Test("A visitor with a rotated refresh token gets the new pair for an hour")
    func rotated() async throws {
        let manager = bench.manager(issuer: RotatingIssuer(now: bench.clock.date))
        let old = bench.tokens("cookie", endingIn: -60)
        let session = try await manager.resume(old, clientID: ManagerBench.clientID)
        let renewed = try await manager.tokens(of: session.id)
        #expect(renewed.refreshToken != old.refreshToken)
        let again = try await manager.resume(old, clientID: ManagerBench.clientID)
        #expect(again.id == session.id)
        #expect(try await manager.tokens(of: again.id) == renewed)
        bench.clock.advance(by: .seconds(3601))
        #expect(try await manager.resume(old, clientID: ManagerBench.clientID).id != session.id)
    }

    @Test("A newer access token for the same refresh token is stored, an older one isn't")
    func newerAccessToken() async throws {
        let manager = bench.manager()
        let session = try await manager.resume(bench.tokens("cookie", endingIn: 100), clientID: ManagerBench.clientID)
        var newer = bench.tokens("cookie", endingIn: 9000)
        newer.accessToken?.value = Secret("access-newer")
        _ = try await manager.resume(newer, clientID: ManagerBench.clientID)
        #expect(try bench.store.opened(session.id)?.tokens == newer)
        _ = try await manager.resume(bench.tokens("cookie", endingIn: 100), clientID: ManagerBench.clientID)
        #expect(try bench.store.opened(session.id)?.tokens == newer)
    }

    @Test("A newer access token that arrives during a renewal doesn't cost the renewed pair")
    func newerDuringRenewal() async throws {
        let manager = bench.manager()
        let session = try await manager.resume(bench.tokens("cookie", endingIn: -60), clientID: ManagerBench.clientID)
        bench.issuer.onRenew(.held(bench.issued("new", refreshToken: "refresh-new")))
        async let renewed = manager.renew(session.id)
        await bench.issuer.waitForRequests()
        var newer = bench.tokens("cookie", endingIn: 9000)
        newer.accessToken?.value = Secret("access-newer")
        _ = try await manager.resume(newer, clientID: ManagerBench.clientID)
        bench.issuer.release()
        _ = try await renewed
        #expect(try bench.store.opened(session.id)?.tokens.refreshToken?.value == Secret("refresh-new"))
    }

    @Test("A discarded session isn't resumed")
    func putAway() async throws {
        let manager = bench.manager()
        let session = try await manager.resume(bench.tokens("cookie"), clientID: ManagerBench.clientID)
        _ = try await manager.discard(session.id)
        #expect(try await manager.resume(bench.tokens("cookie"), clientID: ManagerBench.clientID).id != session.id)
    }

    @Test("A refresh token is sent only to the issuer that granted it")
    func otherIssuer() async throws {
        let session = try await bench.session { $0.issuer = "http://127.0.0.1:8787" }
        let error = await #expect(throws: SessionError.self) { try await bench.manager().renew(session.id) }
        #expect(error?.kind == .configuration && error?.message.contains("http://127.0.0.1:8787") == true)
        #expect(bench.issuer.requests.isEmpty && bench.state(session.id) == .expired)
    }

    @Test("Tokens that a person sends to another issuer survive its refusal, and its grant makes the session its own")
    func despiteIssuer() async throws {
        let own = "http://127.0.0.1:8787"
        let session = try await bench.session { $0.issuer = own }
        let manager = bench.manager()
        await manager.sendTokensToThisIssuer(of: session.id)
        bench.issuer.onRenew(.failure(IssuerError(.refused, "Unknown token.")), bench.issued("new"))
        let error = await #expect(throws: SessionError.self) { try await manager.renew(session.id) }
        #expect(error?.kind == .refused && error?.message.contains("The session is unchanged") == true)
        let kept = try #require(bench.store.session(session.id))
        #expect(kept.refusedAt == nil && kept.issuer == own && kept.sentAt == nil)
        #expect(try await manager.renew(session.id).issuer == bench.issuer.name)
    }
}
