import DevelopmentIssuer
import Foundation
import Testing
import VisitorSessions
import WixHeadless

/// How a stored session survives a misbehaving issuer, over a real connection.
@Suite("Sessions and a failing issuer")
struct FaultyIssuerSessionTests {
    private let clientID = "de000000-0000-4000-8000-000000000001"

    private static let harmlessFaults = [
        "latency=50", "no-expiry", "no-refresh-token", "string-numbers", "skew=7200", "skew=-7200", "status=503@1",
        "status=429@1",
    ]

    private func with(
        _ body: (SessionManager, InMemorySessionStore, DevelopmentIssuerServer, IssuerURL) async throws -> Void
    ) async throws {
        let server = DevelopmentIssuerServer()
        let url = try IssuerURL("http://127.0.0.1:\(try await server.start())")
        let store = InMemorySessionStore()
        let manager = SessionManager(
            store: store, issuer: WixTokenIssuer(url: url, transport: CurlTransport()), name: "test")
        do {
            try await body(manager, store, server, url)
        } catch {
            await server.stop()
            throw error
        }
        await server.stop()
    }

    @Test("A harmless fault doesn't stop a renewal, retried if necessary", arguments: harmlessFaults)
    func harmless(fault: String) async throws {
        try await with { manager, store, server, _ in
            let session = try await manager.generate(clientID: clientID)
            server.faults = [try Fault(fault)]
            let renewed = try await manager.renew(session.id)
            #expect(renewed.renewalCount == 1 && renewed.sentAt == nil && renewed.lease == nil)
            let state = renewed.state(at: manager.clock.now, policy: manager.policy)
            #expect(state == .valid, "\(fault): \(renewed.accessExpiry) at \(manager.clock.now)")
            #expect(try store.opened(session.id)?.tokens.refreshToken != nil)
        }
    }

    @Test(
        "An unknown outcome leaves the session unresolved until the next renewal",
        arguments: ["drop", "drop-request", "truncate", "garbage", "status=500"])
    func uncertain(fault: String) async throws {
        try await with { manager, store, server, _ in
            let session = try await manager.generate(clientID: clientID)
            server.faults = [try Fault(fault)]
            let error = await #expect(throws: SessionError.self) { try await manager.renew(session.id) }
            #expect(error?.kind == .transient)
            #expect(store.session(session.id)?.state(at: manager.clock.now, policy: manager.policy) == .unresolved)
            server.faults = []
            #expect(try await manager.renew(session.id).sentAt == nil)
        }
    }

    @Test("A refusal makes the session refused and reports the request ID")
    func refused() async throws {
        try await with { manager, store, server, _ in
            let session = try await manager.generate(clientID: clientID)
            server.faults = [try Fault("refuse")]
            let error = await #expect(throws: SessionError.self) { try await manager.renew(session.id) }
            #expect(error?.kind == .refused && error?.requestID != nil)
            #expect(store.session(session.id)?.state(at: manager.clock.now, policy: manager.policy) == .refused)
        }
    }

    @Test("A client sends the raw token, and sends the request again if the token was rejected as expired")
    func client() async throws {
        try await with { manager, store, server, url in
            let client = VisitorClient(manager: manager, clientID: clientID)
            let endpoint = url.base.appending(path: "api/carts")
            let request = HTTPRequest(
                "POST", endpoint, headers: [("Authorization", "overwritten")], body: Data("{}".utf8))
            let first = try await client.send(request, over: CurlTransport())
            #expect(first.status == 200)

            // The issuer considers this token expired; the session doesn't.
            let id = try #require(await client.sessionID)
            var tokens = try #require(try store.opened(id)).tokens
            let clientUUID = try #require(UUID(uuidString: clientID))
            let issued = try #require(await server.issue(to: clientUUID, at: Date() - .seconds(5 * 3600)))
            tokens.accessToken = AccessToken(Secret(issued.accessToken), expiresAt: Date() + .seconds(3600))
            _ = try await manager.set(tokens, on: id)
            let second = try await client.send(request, over: CurlTransport())
            #expect(second.status == 200 && store.session(id)?.renewalCount == 1)
        }
    }
}
