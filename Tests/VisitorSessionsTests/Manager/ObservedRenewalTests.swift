import Foundation
import Testing
import VisitorSessionsTesting

@testable import VisitorSessions

/// What a running application does by itself, and what others may do meanwhile.
@Suite("Renewals by a running application")
struct ObservedRenewalTests {
    private let bench = ManagerBench()
    private let token = Secret("refresh-old")

    private func issued(_ name: String) -> IssuedTokens {
        let tokens = bench.tokens(name)
        return IssuedTokens(
            accessToken: AccessToken(Secret("access-\(name)"), expiresAt: tokens.accessExpiry.date),
            refreshToken: tokens.refreshToken)
    }

    @Test("While an application renews, a person's renewal waits and gets its result")
    func waits() async throws {
        let session = try await bench.session()
        let run = bench.manager("run")
        try await run.beginObservedRenewal(of: token)
        #expect(bench.state(session.id) == .renewing)
        async let renewed = bench.manager("inspect").renew(session.id)
        await bench.clock.waitForSleepers()
        let recorded = try await run.recordRenewal(of: token, .success(issued("new")), clientID: nil, after: .zero)
        #expect(try await renewed == recorded)
        #expect(bench.issuer.requests.isEmpty)
        #expect(recorded?.lease == nil && recorded?.renewalCount == 1)
    }

    @Test("An application's answer doesn't release another process's lease")
    func keepsLease() async throws {
        let session = try await bench.session()
        bench.issuer.onRenew(.held(bench.issued("person")))
        async let renewed = bench.manager("inspect").renew(session.id)
        await bench.issuer.waitForRequests()
        let run = bench.manager("run")
        try await run.beginObservedRenewal(of: token)
        let failure = IssuerError(.transient, "No response.", mayHaveTakenEffect: true)
        let recorded = try await run.recordRenewal(of: token, .failure(failure), clientID: nil, after: .zero)
        #expect(recorded?.lease?.holderName.hasPrefix("inspect") == true)
        bench.issuer.release()
        #expect(try await renewed.renewalCount == 1)
    }

    @Test("A discarded session stays discarded and unchanged when its application goes on")
    func discarded() async throws {
        let session = try await bench.session()
        let run = bench.manager("run")
        let discarded = try await run.discard(session.id)
        try await run.beginObservedRenewal(of: token)
        let recorded = try await run.recordRenewal(of: token, .success(issued("new")), clientID: nil, after: .zero)
        #expect(recorded == discarded)
    }

    @Test("An issuer that doesn't know another issuer's token leaves its session as it is")
    func otherIssuer() async throws {
        let session = try await bench.session { $0.issuer = "https://issuer.example" }
        let run = bench.manager("run")
        try await run.beginObservedRenewal(of: token)
        let refusal = IssuerError(.refused, "Unknown token.", mayHaveTakenEffect: false)
        let recorded = try await run.recordRenewal(of: token, .failure(refusal), clientID: nil, after: .zero)
        #expect(recorded == session && bench.state(session.id) == .expired)
    }

    @Test("Of several sessions with one access token, the one with a refresh token is the application's")
    func sharedAccessToken() async throws {
        let original = try await bench.session()
        let access = try #require(bench.store.opened(original.id)?.tokens.accessToken)
        let manager = bench.manager("set")
        for _ in 0..<8 { _ = try await manager.add(Tokens(accessToken: access), clientID: "client") }
        #expect(try await bench.manager("run").holder(of: access.value)?.id == original.id)
        #expect(
            try await manager.resume(Tokens(accessToken: access), clientID: "client").id == original.id)
    }

    @Test("A later renewal tells the client of a recorded session")
    func client() async throws {
        let run = bench.manager("run")
        let session = try await run.recordVisitor(issued("new"), label: "site", clientID: nil, after: nil)
        #expect(session.clientID == VisitorSession.unknownClientID)
        let renewed = try await run.recordRenewal(
            of: Secret("refresh-new"), .success(issued("newer")), clientID: "client", after: .milliseconds(12))
        #expect(renewed?.id == session.id && renewed?.clientID == "client")
        #expect(bench.store.history(of: session.id, limit: 9).map(\.draft.duration) == [.milliseconds(12), nil])
    }
}
