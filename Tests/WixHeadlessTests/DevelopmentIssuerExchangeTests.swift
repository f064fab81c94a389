import DevelopmentIssuer
import Foundation
import Testing
import VisitorSessions
import WixHeadless

/// The adapter and the development issuer over a real connection.
@Suite struct DevelopmentIssuerExchangeTests {
    private func with(
        rotate: Bool = false, _ body: (WixTokenIssuer, DevelopmentIssuerServer) async throws -> Void
    ) async throws {
        var options = DevelopmentIssuerServer.Options()
        options.rotate = rotate
        let server = DevelopmentIssuerServer(options)
        let url = try IssuerURL("http://127.0.0.1:\(try await server.start())")
        do {
            try await body(WixTokenIssuer(url: url, transport: CurlTransport()), server)
        } catch {
            await server.stop()
            throw error
        }
        await server.stop()
    }

    @Test("A generated visitor stays the same after a renewal")
    func generateAndRenew() async throws {
        try await with { issuer, server in
            let first = try await issuer.generate(clientID: Samples.clientID)
            let refresh = try #require(first.refreshToken)
            #expect(DecodedToken(first.accessToken.value).format == .wixAccess)
            #expect(DecodedToken(refresh.value).format == .wixRefresh)
            #expect(first.requestID?.isEmpty == false)
            let serverDate = try #require(first.serverDate)
            let expiry = try #require(first.accessToken.expiresAt)
            #expect(expiry.timeIntervalSince(serverDate) == 14_400)
            #expect(refresh.expiresAt?.timeIntervalSince(serverDate) == 31_536_000)

            let second = try await issuer.renew(refresh, clientID: Samples.clientID)
            #expect(second.accessToken.visitorID == first.accessToken.visitorID)
            #expect(second.accessToken.visitorID != nil)
            #expect(server.counts.redemptions == 1)
        }
    }

    @Test("A rotated refresh token replaces the old one, which is then refused")
    func rotation() async throws {
        try await with(rotate: true) { issuer, server in
            let first = try #require(try await issuer.generate(clientID: Samples.clientID).refreshToken)
            let second = try #require(try await issuer.renew(first, clientID: Samples.clientID).refreshToken)
            #expect(second != first)
            let error = await #expect(throws: IssuerError.self) {
                _ = try await issuer.renew(first, clientID: Samples.clientID)
            }
            #expect(error?.kind == .refused)
            #expect(error?.code == "invalid_grant")
            #expect(error?.status == 400)
            #expect(error?.requestID?.isEmpty == false)
            #expect(server.counts.reuses == 1)
        }
    }

    @Test("Token info distinguishes active and inactive tokens")
    func tokenInformation() async throws {
        try await with { issuer, _ in
            let issued = try await issuer.generate(clientID: Samples.clientID)
            let known = try await issuer.information(about: issued.accessToken.value)
            #expect(known.isActive)
            #expect(known.subjectType == "VISITOR")
            #expect(known.subjectID == issued.accessToken.visitorID)
            #expect(known.expiresAt == issued.accessToken.expiresAt)
            #expect(known.clientID == Samples.clientID)
            #expect(try await !issuer.information(about: Secret("unknown")).isActive)
        }
    }

    @Test("A malformed client ID is a configuration error")
    func clientID() async throws {
        try await with { issuer, _ in
            let error = await #expect(throws: IssuerError.self) { _ = try await issuer.generate(clientID: "mine") }
            #expect(error?.kind == .configuration)
            #expect(error?.message.contains("GUID") == true)
        }
    }
}
