import DevelopmentIssuer
import Foundation
import Testing

@Suite struct TokenEndpointTests {
    private static let clientID = TestIssuer.clientID

    @Test(
        "A new visitor gets a pair with either body type and either spelling",
        arguments: [
            ("application/json", #"{"clientId":"\#(clientID)","grantType":"anonymous"}"#),
            ("application/json; charset=utf-8", #"{"client_id":"\#(clientID)","grant_type":"anonymous"}"#),
            ("application/x-www-form-urlencoded", "clientId=\(clientID)&grantType=anonymous"),
            ("application/x-www-form-urlencoded", "client_id=\(clientID)&grant_type=anonymous"),
        ])
    func newVisitor(type: String, body: String) async throws {
        try await TestIssuer.with { issuer in
            let answer = try await issuer.send("POST", "/oauth2/token", type: type, body: body)
            #expect(answer.status == 200)
            #expect(answer.text("token_type") == "Bearer")
            #expect(answer.number("expires_in") == 14_400)
            #expect(answer.text("access_token").hasPrefix("OauthNG.JWS."))
            #expect(answer.text("refresh_token").hasPrefix("JWS."))
            #expect(answer.headers["x-wix-request-id"]?.isEmpty == false)
            #expect(answer.headers["date"] == "Tue, 07 May 2024 12:00:00 GMT")
        }
    }

    @Test("A renewal works with either body type and spelling, and without a client ID")
    func renewal() async throws {
        try await TestIssuer.with { issuer in
            let refresh = try await issuer.pair().refresh
            let form = "application/x-www-form-urlencoded"
            for (type, body) in [
                ("application/json", #"{"refreshToken":"\#(refresh)","grantType":"refresh_token"}"#),
                ("application/json", #"{"refresh_token":"\#(refresh)","grant_type":"refresh_token"}"#),
                (form, "refresh_token=\(refresh)&grant_type=refresh_token&client_id=\(Self.clientID)"),
                (form, "refreshToken=\(refresh)&grantType=refresh_token"),
            ] {
                let answer = try await issuer.send("POST", "/oauth2/token", type: type, body: body)
                #expect(answer.status == 200)
                #expect(answer.text("refresh_token") == refresh)
                #expect(answer.text("access_token").hasPrefix("OauthNG.JWS."))
            }
            #expect(try await issuer.counts().redemptions == 4)
        }
    }

    @Test("After rotation the old refresh token is refused and its reuse is counted")
    func rotation() async throws {
        var options = TestIssuer.Options()
        options.rotate = true
        try await TestIssuer.with(options) { issuer in
            let first = try await issuer.pair().refresh
            let second = try await issuer.renew(first).text("refresh_token")
            #expect(second.hasPrefix("JWS.") && second != first)

            let again = try await issuer.renew(first)
            #expect(again.status == 400)
            #expect(again.text("error") == "invalid_grant")
            #expect(try await issuer.renew(second).status == 200)

            let counts = try await issuer.counts()
            #expect((counts.issued, counts.redemptions, counts.refusals, counts.reuses) == (1, 2, 1, 1))
            #expect(counts.requests == 4)
        }
    }

    @Test("A forged, foreign, expired or other client's refresh token is refused")
    func invalidRefreshTokens() async throws {
        try await TestIssuer.with { issuer in
            let refresh = try await issuer.pair().refresh
            let access = try await issuer.pair().access
            let forged = refresh.dropLast(4) + (refresh.hasSuffix("AAAA") ? "BBBB" : "AAAA")
            for dead in [String(forged), access, "JWS.a.b.c", "x"] {
                let answer = try await issuer.renew(dead)
                #expect(answer.status == 400)
                #expect(answer.text("error") == "invalid_grant")
                #expect(answer.text("error_description").isEmpty == false)
            }
            let foreign = try await issuer.renew(refresh, clientID: "00000000-0000-4000-8000-000000000000")
            #expect(foreign.text("error") == "invalid_grant")

            issuer.time.advance(by: .seconds(366 * 86_400))
            #expect(try await issuer.renew(refresh).text("error") == "invalid_grant")
            #expect(try await issuer.counts().refusals == 6)
        }
    }

    @Test("A malformed client ID is reported in Wix's error format", arguments: ["nonsense", ""])
    func malformedClientID(clientID: String) async throws {
        try await TestIssuer.with { issuer in
            let answer = try await issuer.send(
                "POST", "/oauth2/token", body: #"{"clientId":"\#(clientID)","grantType":"anonymous"}"#)
            #expect(answer.status == 400)
            #expect(answer.text("message").contains("GUID"))
            let details = answer.body["details"] as? [String: [String: [[String: String]]]]
            #expect(details?["validationError"]?["fieldViolations"]?.first?["field"] == "clientId")
        }
    }

    @Test("An invalid token request gets a specific error")
    func invalidRequests() async throws {
        try await TestIssuer.with { issuer in
            let unsupported = try await issuer.send("POST", "/oauth2/token", body: #"{"grantType":"password"}"#)
            #expect(unsupported.text("error") == "unsupported_grant_type")
            #expect(try await issuer.send("POST", "/oauth2/token", body: "{}").text("error") == "invalid_request")
            #expect(try await issuer.send("POST", "/oauth2/token", body: "[1").status == 400)
            #expect(try await issuer.send("GET", "/oauth2/token").status == 405)
            #expect(try await issuer.send("GET", "/elsewhere").status == 404)
            #expect(try await issuer.send("GET", "/elsewhere", authorization: "no token").status == 401)
        }
    }

    @Test("A body larger than 1 MiB gets 413, whatever its size", arguments: [1 << 20, 3 << 20])
    func oversizeBody(size: Int) async throws {
        try await TestIssuer.with { issuer in
            let answer = try await issuer.send("POST", "/oauth2/token", body: String(repeating: "a", count: size + 1))
            #expect(answer.status == 413)
            _ = try await issuer.pair()
        }
    }
}
