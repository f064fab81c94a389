import Foundation
import Testing
import VisitorSessions
import VisitorSessionsTesting

@Suite("The windows of a token")
struct WindowTests {
    private let bench = ManagerBench()

    @Test("A token that expires soon is returned at once and renewed in the background")
    func ahead() async throws {
        let session = try await bench.session(endingIn: 120)
        bench.issuer.onRenew(.held(bench.issued("new")))
        let manager = bench.manager()
        #expect(try await manager.tokens(of: session.id).accessToken?.value == Secret("access-old"))
        await bench.issuer.waitForRequests()
        #expect(try await manager.tokens(of: session.id).accessToken?.value == Secret("access-old"))
        bench.issuer.release()
        #expect(await manager.finish(within: .seconds(10)))
        #expect(try await manager.tokens(of: session.id).accessToken?.value == Secret("access-new"))
        #expect(bench.issuer.requests.count == 1)
    }

    @Test("A short-lived program starts no background renewal")
    func notAhead() async throws {
        let session = try await bench.session(endingIn: 120)
        let manager = bench.manager(policy: ManagerBench.policy { $0.renewAhead = .zero })
        _ = try await manager.tokens(of: session.id)
        #expect(await manager.finish(within: .seconds(10)))
        #expect(bench.issuer.requests.isEmpty)
    }

    @Test("A failed background renewal leaves the working token in use")
    func failureAhead() async throws {
        let session = try await bench.session(endingIn: 120)
        bench.issuer.onRenew(.failure(IssuerError(.transient, "No connection.")))
        let manager = bench.manager()
        _ = try await manager.tokens(of: session.id)
        #expect(await manager.finish(within: .seconds(10)))
        #expect(try await manager.tokens(of: session.id).accessToken?.value == Secret("access-old"))
        #expect(bench.store.history(of: session.id, limit: 1).first?.draft.event == .failed)
    }

    @Test("Inside the leeway, a failed renewal returns the working token unless a minimum lifetime was requested")
    func leeway() async throws {
        let session = try await bench.session(endingIn: 20)
        let failure = ScriptedIssuer.Answer.failure(IssuerError(.transient, "No connection."))
        bench.issuer.onRenew(failure, failure)
        let manager = bench.manager()
        #expect(try await manager.tokens(of: session.id).accessToken?.value == Secret("access-old"))
        bench.clock.advance(by: .seconds(2))
        let error = await #expect(throws: SessionError.self) {
            try await manager.tokens(of: session.id, minimumLifetime: .seconds(60))
        }
        #expect(error?.kind == .transient)
        bench.clock.advance(by: .seconds(20))
        bench.issuer.onRenew(failure)
        await #expect(throws: SessionError.self) { try await manager.tokens(of: session.id) }
    }

    @Test("A token with unknown expiry is used until a server refuses it, and is then renewed once")
    func unknownEnd() async throws {
        let tokens = Tokens(
            accessToken: AccessToken(Secret("access-old"), expiresAt: nil),
            refreshToken: RefreshToken(Secret("refresh-old")))
        let manager = bench.manager()
        let session = try await manager.add(tokens, clientID: ManagerBench.clientID)
        #expect(try await manager.tokens(of: session.id) == tokens)
        bench.issuer.onRenew(.held(bench.issued("new")))
        try await withThrowingTaskGroup(of: Tokens.self) { group in
            for _ in 0..<10 {
                group.addTask { try await manager.tokens(of: session.id, refused: Secret("access-old")) }
            }
            await bench.issuer.waitForRequests()
            bench.issuer.release()
            for try await tokens in group { #expect(tokens.accessToken?.value == Secret("access-new")) }
        }
        // A late caller with the old token gets the new one.
        let late = try await manager.tokens(of: session.id, refused: Secret("access-old"))
        #expect(late.accessToken?.value == Secret("access-new"))
        #expect(bench.issuer.requests.count == 1)
    }

    @Test("Expiry follows the issuer's clock")
    func issuersClock() async throws {
        let session = try await bench.session(endingIn: 10 * 60)
        let other = try await bench.session("other", endingIn: 4 * 3600)
        var issued = IssuedTokens(
            accessToken: AccessToken(Secret("access-new"), expiresAt: bench.clock.date().addingTimeInterval(18_000)),
            refreshToken: nil)
        // The issuer is an hour ahead of this machine.
        issued.serverDate = bench.clock.date().addingTimeInterval(3600)
        bench.issuer.onRenew(.tokens(issued), bench.issued("after"))
        let manager = bench.manager()
        #expect(try await manager.tokens(of: session.id).accessToken?.value == Secret("access-old"))
        _ = try await manager.renew(other.id)
        #expect(try await manager.tokens(of: session.id).accessToken?.value == Secret("access-after"))
    }
}
