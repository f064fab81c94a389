import Foundation
import TestProcesses
import Testing
import VisitorSessions
import VisitorSessionsTesting

@testable import LiveSessions

/// What another process does to the sessions of a real Node process.
@Suite(
    "Substitution in a running Node application",
    .enabled(if: NodeBench.isInstalled, "node or openssl is not installed: nothing here was tested."),
    .timeLimit(.minutes(2)))
struct SubstitutionTests {
    private let bench: NodeBench
    private let store = InMemorySessionStore()

    /// The other process.
    private let inspector: SessionManager

    init() throws {
        bench = try NodeBench()
        inspector = SessionManager(store: store, issuer: ScriptedIssuer(), name: "inspector 1")
    }

    /// Tokens as the stand-in grants them.
    private static func tokens(of visitor: String) -> Tokens {
        func token(_ kind: String, _ data: String) -> String {
            let payload = #"{"iat":1000000000,"exp":4000000000,"data":"\#(data.replacing("\"", with: "\\\""))"}"#
            return "\(kind).e30.\(Data(payload.utf8).base64EncodedString().replacing("=", with: "")).c2ln"
        }
        return Tokens(
            accessToken: AccessToken(
                Secret(token("OauthNG.JWS", #"{"instance":{"aid":"\#(visitor)"}}"#)),
                expiresAt: Date(timeIntervalSince1970: 4_000_000_000)),
            refreshToken: RefreshToken(Secret(token("JWS", "\"\(visitor)\""))))
    }

    /// Runs a site, whose session and visitor `body` gets.
    private func withSite(
        _ body: (SiteSteps, VisitorSession) async throws -> Void
    ) async throws -> LiveRun.Summary {
        let standIn = try await bench.standIn()
        defer { standIn.stop() }
        let (recorder, _) = try await bench.recorder(store)
        let steps = try SiteSteps(in: URL(filePath: bench.file("steps")))
        async let run = bench.run("steps.cjs", standIn, recorder, steps.folder)
        var sessions: [VisitorSession] = []
        _ = try await steps.take("call")
        let deadline = ContinuousClock.now + .seconds(10)
        while sessions.isEmpty, ContinuousClock.now < deadline {
            sessions = store.page(SessionQuery(limit: 10, now: Date(), policy: SessionPolicy()))
        }
        try await body(steps, try #require(sessions.first))
        try steps.begin("end")
        let (status, _, errors) = try await run
        #expect(status == 0, "\(errors)")
        return await recorder.stop()
    }

    private func opened(_ id: SessionID) throws -> OpenedSession { try #require(try store.opened(id)) }

    private func flags(of session: SessionID) -> [LiveRequest.Flags] {
        store.requests(of: session, limit: 200).map(\.draft.flags)
    }

    @Test(
        "An application gets another session's tokens, and its own back, whichever refresh token it keeps of renewals",
        arguments: [("renew", 1), ("renewBoth", 1), ("renewBoth", 3)])
    func otherSession(step: String, renewals: Int) async throws {
        var other: VisitorSession?
        let summary = try await withSite { steps, session in
            let own = "200 \(try #require(session.visitorID))"
            let target = try await inspector.add(Self.tokens(of: "other"), clientID: "client")
            other = target
            try await store.substitute(session.id, with: target.id, by: inspector.name)
            #expect(try await steps.take("call", until: "200 other") == "200 other")
            for _ in 1...renewals {
                #expect(try await steps.take(step) == "200")
                #expect(try await steps.take("call") == "200 other")
            }
            try await store.withdrawSubstitution(of: session.id, by: inspector.name)
            #expect(try await steps.take("call", until: own) == own, "the token of the substituted renewal is replaced")
            for _ in 1...2 {
                #expect(try await steps.take(step) == "200")
                #expect(try await steps.take("call") == own)
            }
            #expect(try opened(session.id).session.renewalCount == 2)
            #expect(store.liveSessions(among: [target.id])[target.id]?.isLive != true)
        }
        let target = try opened(#require(other).id).session
        #expect(target.renewalCount == renewals && summary.visitors == 1 && summary.lost.isEmpty, "\(summary)")
        #expect(flags(of: target.id).contains([.substituted, .asSubstitute]))
        #expect(flags(of: target.id).allSatisfy { $0.contains(.asSubstitute) })
    }

    @Test("Tokens that are set reach the application until they are set back, or withdrawn and kept as another session")
    func setTokens() async throws {
        _ = try await withSite { steps, session in
            let own = "200 \(try #require(session.visitorID))"
            let before = try opened(session.id).tokens
            func set(_ visitor: String) async throws {
                _ = try await inspector.set(Self.tokens(of: visitor), on: session.id)
                #expect(try await steps.take("call", until: "200 \(visitor)") == "200 \(visitor)")
            }
            try await set("first")
            #expect(store.substitutions() == [Substitution(of: session.id, with: session.id)])
            #expect(try await steps.take("renew") == "200")
            #expect(try await steps.take("call") == "200 first")
            #expect(try await steps.take("call", until: "200 first") == "200 first")
            _ = try await inspector.set(before, on: session.id)
            #expect(try await steps.take("call", until: own) == own)
            #expect(store.substitutions().isEmpty)

            try await set("second")
            try await store.withdrawSubstitution(of: session.id, by: inspector.name)
            #expect(try await steps.take("call", until: own) == own)
            #expect(try await steps.take("renew") == "200")
            #expect(try await steps.take("call") == own)
            let second = try #require(Self.tokens(of: "second").refreshToken?.value)
            let kept = store.sessions(holding: second, since: .distantFuture, limit: 9)
            #expect(kept.count == 1 && kept.first?.id != session.id)
            #expect(try opened(session.id).tokens.refreshToken == before.refreshToken)
        }
    }

    @Test("A discarded session's calls and renewals are refused without reaching the network, until it is restored")
    func discarded() async throws {
        var id: SessionID?
        let summary = try await withSite { steps, session in
            id = session.id
            let own = "200 \(try #require(session.visitorID))"
            _ = try await inspector.discard(session.id)
            #expect(try await steps.take("call", until: "401 ") == "401 ")
            #expect(try await steps.take("renew") == "400")
            _ = try await inspector.restore(session.id)
            #expect(try await steps.take("call", until: own) == own)
            #expect(try await steps.take("renew") == "200")
        }
        #expect(summary.lost.isEmpty && summary.visitors == 1)
        #expect(flags(of: try #require(id)).contains(.refused))
    }

    @Test("After another process's renewal, the application's next one sends the new refresh token")
    func rotated() async throws {
        _ = try await withSite { steps, session in
            let new = try #require(Self.tokens(of: "rotated").refreshToken)
            var opened = try opened(session.id)
            opened.tokens.refreshToken = new
            _ = try await store.update(
                opened.session, tokens: opened.tokens, entry: .init(.renewed, actor: inspector.name))
            // The stand-in's tokens name the visitor that they were granted to.
            var result = ""
            let deadline = ContinuousClock.now + .seconds(10)
            while result != "200 rotated", ContinuousClock.now < deadline {
                #expect(try await steps.take("renew") == "200")
                result = try await steps.take("call")
            }
            #expect(result == "200 rotated")
        }
    }
}
