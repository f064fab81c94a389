import DevelopmentIssuer
import Foundation
import Testing

@Suite struct InspectionTests {
    @Test(
        "The echo endpoint accepts a raw token and identifies its visitor", arguments: ["GET", "POST", "PUT", "DELETE"])
    func echo(method: String) async throws {
        try await TestIssuer.with { issuer in
            let answer = try await issuer.send(
                method, "/api/carts/current?x=1", body: method == "GET" ? nil : #"{"a":1}"#,
                authorization: try await issuer.pair().access)
            #expect(answer.status == 200)
            #expect(answer.text("method") == method)
            #expect(answer.text("path") == "/api/carts/current")
            #expect(answer.text("clientId") == TestIssuer.clientID)
            #expect(UUID(uuidString: answer.text("visitorId")) != nil)
            #expect(answer.text("body") == (method == "GET" ? "" : #"{"a":1}"#))
        }
    }

    @Test("Faults for API requests apply to any path that is echoed, and to none of the issuer's own")
    func faultyAPI() async throws {
        var options = TestIssuer.Options()
        options.faults = [Fault(.status(503, retryAfter: nil), kind: .api, remaining: 1)]
        try await TestIssuer.with(options) { issuer in
            let token = try await issuer.pair().access
            #expect(try await issuer.send("GET", "/development/stats", authorization: token).status == 200)
            let path = "/ecom/v1/carts/current"
            #expect(try await issuer.send("GET", path, authorization: token).status == 503)
            #expect(try await issuer.send("GET", path, authorization: token).status == 200)
        }
    }

    @Test("The echo endpoint rejects a missing, unknown, prefixed, expired or refresh token with 401")
    func rejectedTokens() async throws {
        try await TestIssuer.with { issuer in
            let pair = try await issuer.pair()
            for authorization in [nil, "x", "Bearer \(pair.access)", pair.refresh, pair.access + "A"] {
                #expect(try await issuer.send("GET", "/api/", authorization: authorization).status == 401)
            }
            #expect(try await issuer.send("GET", "/api/", authorization: pair.access).status == 200)
            issuer.time.advance(by: .seconds(4 * 3600))
            let answer = try await issuer.send("GET", "/api/", authorization: pair.access)
            #expect(answer.status == 401)
            #expect(answer.text("message").contains("expired"))
        }
    }

    @Test("Token info describes both tokens and reports others as inactive")
    func tokenInfo() async throws {
        try await TestIssuer.with { issuer in
            let pair = try await issuer.pair()
            let visitor = try await issuer.send("GET", "/api/", authorization: pair.access).text("visitorId")
            for (token, lifetime) in [(pair.access, 14_400), (pair.refresh, 365 * 86_400)] {
                let answer = try await issuer.send("POST", "/oauth2/token-info", body: #"{"token":"\#(token)"}"#)
                #expect(answer.body["active"] as? Bool == true)
                #expect(answer.text("subjectType") == "VISITOR")
                #expect(answer.text("subjectId") == visitor)
                #expect(answer.text("clientId") == TestIssuer.clientID)
                #expect(answer.number("exp") - answer.number("iat") == lifetime)
            }
            let unknown = try await issuer.send("POST", "/oauth2/token-info", body: #"{"token":"x"}"#)
            #expect(unknown.status == 200)
            #expect(unknown.body["active"] as? Bool == false)
        }
    }

    @Test("Revoking a refresh token affects only that token; revoking a visitor affects all of its tokens")
    func revocation() async throws {
        try await TestIssuer.with { issuer in
            let (first, second) = (try await issuer.pair(), try await issuer.pair())
            _ = try await issuer.send("POST", "/development/revoke", body: #"{"refreshToken":"\#(first.refresh)"}"#)
            #expect(try await issuer.renew(first.refresh).text("error") == "invalid_grant")
            #expect(try await issuer.send("GET", "/api/", authorization: first.access).status == 200)
            #expect(try await issuer.renew(second.refresh).status == 200)

            let visitor = try await issuer.send("GET", "/api/", authorization: second.access).text("visitorId")
            _ = try await issuer.send("POST", "/development/revoke", body: #"{"visitorId":"\#(visitor)"}"#)
            #expect(try await issuer.renew(second.refresh).text("error") == "invalid_grant")
            #expect(try await issuer.send("GET", "/api/", authorization: second.access).status == 401)
        }
    }

    @Test("Revoking everything affects existing tokens, not later ones")
    func revokingEverything() async throws {
        try await TestIssuer.with { issuer in
            let before = try await issuer.pair()
            #expect(try await issuer.send("POST", "/development/revoke", body: "{}").status == 200)
            let after = try await issuer.pair()
            #expect(try await issuer.renew(before.refresh).text("error") == "invalid_grant")
            #expect(try await issuer.renew(after.refresh).status == 200)
        }
    }

    @Test("Reading the statistics doesn't change them")
    func counts() async throws {
        try await TestIssuer.with { issuer in
            _ = try await issuer.pair()
            let before = try await issuer.counts()
            let after = try await issuer.counts()
            #expect(before == after)
            #expect(before.requests == 1)
        }
    }
}
