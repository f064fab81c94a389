import Foundation
import Testing
import VisitorSessions
import WixHeadless

@Suite struct WixTokenIssuerTests {
    private let renewable = RefreshToken(Secret(Samples.refreshToken), role: .member)

    private func issuer(_ transport: ScriptedTransport) -> WixTokenIssuer {
        WixTokenIssuer(transport: transport, now: { Samples.now })
    }

    private func failure(_ transport: ScriptedTransport, renewing token: RefreshToken? = nil) async throws
        -> IssuerError
    {
        try #require(
            await #expect(throws: IssuerError.self) {
                _ = try await issuer(transport).renew(token ?? renewable, clientID: Samples.clientID)
            })
    }

    // MARK: Requests

    @Test("A new visitor is requested with the SDK's field names")
    func anonymousRequest() async throws {
        let transport = ScriptedTransport(200, #"{"access_token":"a","refresh_token":"r"}"#)
        _ = try await issuer(transport).generate(clientID: Samples.clientID)
        let request = try #require(transport.requests.first)
        #expect(request.method == "POST")
        #expect(request.url.absoluteString == "https://www.wixapis.com/oauth2/token")
        #expect(request.headers.contains { $0.name == "Content-Type" && $0.value == "application/json" })
        #expect(
            request.body.map { String(decoding: $0, as: UTF8.self) }
                == #"{"clientId":"9d5e3c4b-1a2f-4b6c-8d7e-0f1a2b3c4d5e","grantType":"anonymous"}"#)
    }

    @Test("A renewal uses the SDK's field names and order, and sends one request")
    func renewalRequest() async throws {
        let transport = ScriptedTransport(200, #"{"access_token":"a"}"#)
        _ = try await issuer(transport).renew(RefreshToken(Secret(#"JWS."x"#)), clientID: "c")
        #expect(transport.requests.count == 1)
        #expect(
            transport.requests.first?.body.map { String(decoding: $0, as: UTF8.self) }
                == #"{"clientId":"c","refreshToken":"JWS.\"x","grantType":"refresh_token"}"#)
    }

    // MARK: Answers

    @Test("A complete response yields both tokens, their times, the request ID and the issuer's clock")
    func success() async throws {
        let transport = ScriptedTransport(
            200,
            #"{"access_token":"\#(Samples.accessToken)","token_type":"Bearer","expires_in":14400,"refresh_token":"\#(Samples.refreshToken)","scope":"x","more":{"a":[1]}}"#,
            headers: ["X-Wix-Request-ID": "1715083200.17", "Date": "Tue, 07 May 2024 11:59:50 GMT"])
        let issued = try await issuer(transport).generate(clientID: Samples.clientID)
        #expect(issued.accessToken.value.reveal() == Samples.accessToken)
        #expect(issued.accessToken.expiresAt == Samples.now + .seconds(14_390))
        #expect(issued.accessToken.visitorID == Samples.visitor)
        #expect(issued.refreshToken?.value.reveal() == Samples.refreshToken)
        #expect(issued.refreshToken?.expiresAt == Date(timeIntervalSince1970: 1_746_619_200))
        #expect(issued.refreshToken?.role == .visitor)
        #expect(issued.requestID == "1715083200.17")
        #expect(issued.serverDate == Samples.now - .seconds(10))
    }

    @Test(
        "The lifetime may be a number, a numeric string or unusable",
        arguments: [
            ("14400", 14_400), ("\"14400\"", 14_400), ("14400.5", 14_400.5), ("1e3", 1000), ("null", nil), ("-1", nil),
            ("0", nil), ("1e300", nil), ("99999999999", nil), ("\"soon\"", nil), ("{}", nil),
        ] as [(String, Double?)])
    func lifetimes(literal: String, seconds: Double?) async throws {
        let transport = ScriptedTransport(200, #"{"access_token":"opaque","expires_in":\#(literal)}"#)
        let issued = try await issuer(transport).renew(renewable, clientID: "c")
        #expect(issued.accessToken.expiresAt == seconds.map { Samples.now.addingTimeInterval($0) })
    }

    @Test("The earlier of the lifetime and the token's own expiry applies")
    func earlierExpiry() async throws {
        for (lifetime, end) in [("", 14_400), (#","expires_in":60"#, 60), (#","expires_in":99999"#, 14_400)] {
            let transport = ScriptedTransport(200, #"{"access_token":"\#(Samples.accessToken)"\#(lifetime)}"#)
            let issued = try await issuer(transport).renew(renewable, clientID: "c")
            #expect(issued.accessToken.expiresAt == Samples.now + .seconds(end))
        }
    }

    @Test("A missing, null or empty refresh token keeps the old one", arguments: ["", "null", "\"\""])
    func noRefreshToken(literal: String) async throws {
        let field = literal.isEmpty ? "" : #","refresh_token":\#(literal)"#
        let issued = try await issuer(ScriptedTransport(200, #"{"access_token":"a"\#(field)}"#))
            .renew(renewable, clientID: "c")
        #expect(issued.refreshToken == nil)
    }

    @Test("A replacing refresh token keeps the old one's role")
    func keptRole() async throws {
        let issued = try await issuer(ScriptedTransport(200, #"{"access_token":"a","refresh_token":"r"}"#))
            .renew(renewable, clientID: "c")
        #expect(issued.refreshToken == RefreshToken(Secret("r"), role: .member))
    }

    @Test(
        "A value that isn't a refresh token doesn't replace the old one",
        arguments: ["\"undefined\"", "\"null\"", "true", "\"[object Object]\"", "\"OauthNG.JWS.a.b.c\""])
    func placeholder(value: String) async throws {
        let issued = try await issuer(ScriptedTransport(200, #"{"access_token":"a","refresh_token":\#(value)}"#))
            .renew(renewable, clientID: "c")
        #expect(issued.refreshToken == nil && issued.accessToken.value == Secret("a"))
        let nothing = issuer(ScriptedTransport(200, #"{"access_token":"undefined","refresh_token":"r"}"#))
        await #expect(throws: IssuerError.self) { try await nothing.renew(renewable, clientID: "c") }
    }

    @Test("Token info sends the token only, and accepts strings in place of numbers")
    func tokenInformation() async throws {
        let transport = ScriptedTransport(
            200,
            #"{"active":"true","subjectType":"VISITOR","subjectId":"s","exp":"1715097600","iat":1715083200,"siteId":""}"#
        )
        let information = try await issuer(transport).information(about: Secret("t"))
        #expect(transport.requests.first?.url.path() == "/oauth2/token-info")
        #expect(transport.requests.first?.body == Data(#"{"token":"t"}"#.utf8))
        #expect(information.isActive)
        #expect(information.subjectID == "s")
        #expect(information.issuedAt == Samples.now)
        #expect(information.expiresAt == Samples.now + .seconds(14_400))
        #expect(information.siteID == nil)
    }

    // MARK: Failures

    @Test(
        "A refusal is definite in every error format",
        arguments: [
            (400, #"{"error":"invalid_grant","error_description":"expired"}"#),
            (401, #"{"error":"invalid_grant"}"#),
            (
                400,
                #"{"message":"no","details":{"applicationError":{"code":"INVALID_GRANT","description":"d","data":{}}}}"#
            ),
            (400, #"{"message":"","details":{"applicationError":{"code":"-1","description":"invalid_grant: over"}}}"#),
            (
                400,
                #"{"details":{"validationError":{"fieldViolations":[{"field":"refreshToken","description":"is invalid_grant"}]}}}"#
            ),
            (400, #"{"message":"invalid_grant"}"#),
        ])
    func refused(status: Int, body: String) async throws {
        let error = try await failure(ScriptedTransport(status, body, headers: ["x-request-id": "r1"]))
        #expect(error.kind == .refused)
        #expect(error.status == status)
        #expect(error.requestID == "r1")
        #expect(!error.mayHaveTakenEffect)
        #expect(error.message.hasPrefix("The issuer refused the refresh token"))
    }

    @Test("Generating a visitor can't be refused: it sends no refresh token")
    func refusedGeneration() async throws {
        let error = await #expect(throws: IssuerError.self) {
            _ = try await issuer(ScriptedTransport(400, #"{"error":"invalid_grant"}"#)).generate(clientID: "c")
        }
        #expect(error?.kind == .unknown)
    }

    @Test(
        "A configuration error is reported as such and keeps the session",
        arguments: [
            (401, #"{"error":"invalid_client"}"#), (400, #"{"error":"unauthorized_client"}"#),
            (400, #"{"error":"unsupported_grant_type"}"#), (400, #"{"message":"Invalid GUID: x"}"#),
            (400, #"{"message":"no app ID found"}"#),
            (400, #"{"error":"invalid_client","error_description":"not an invalid_grant"}"#),
            (
                400,
                #"{"message":"wrong","details":{"validationError":{"fieldViolations":[{"field":"clientId","description":"is not a GUID","violatedRule":"FORMAT","ruleName":"GUID"}]}}}"#
            ),
        ])
    func configuration(status: Int, body: String) async throws {
        let error = try await failure(ScriptedTransport(status, body))
        #expect(error.kind == .configuration)
        #expect(!error.mayHaveTakenEffect)
    }

    @Test(
        "A temporary failure is transient and says whether the token may have been redeemed",
        arguments: [
            (429, false), (503, false), (500, true), (502, true), (504, true), (200, true),
        ])
    func transient(status: Int, mayHaveTakenEffect: Bool) async throws {
        for body in ["", #"{"message":"","details":{}}"#, #"{"error":"invalid_grant"}"#, "<html>", #"{"access_tok"#] {
            let error = try await failure(ScriptedTransport(status, body))
            #expect(error.kind == .transient)
            #expect(error.mayHaveTakenEffect == mayHaveTakenEffect)
        }
    }

    @Test(
        "An unusable success is transient and may have taken effect",
        arguments: [
            #"{"access_token":""}"#, #"{"access_token":7}"#, #"{"access_token":"a\nb"}"#, "null", "[]",
            #"{"access_token":"a","refresh_token":{}}"#, #"{"access_token":"a","refresh_token":"r\r\nX: y"}"#,
            String(repeating: "[", count: 100_000),
        ])
    func unusable(body: String) async throws {
        let error = try await failure(ScriptedTransport(200, body))
        #expect(error.kind == .transient)
        #expect(error.mayHaveTakenEffect)
    }

    @Test(
        "An undocumented error keeps the session and reports status and code",
        arguments: [
            (403, #"{"error":"invalid_grant"}"#), (404, ""), (409, "{}"), (428, "x"), (501, ""), (302, ""), (401, ""),
            (400, #"{"details":{"applicationError":{"code":"WDE0117","description":"MetaSite not found"}}}"#),
            (400, #"{"error":"invalid_request"}"#), (400, #"{"message":"refreshToken is not a GUID"}"#),
        ])
    func unknown(status: Int, body: String) async throws {
        let error = try await failure(ScriptedTransport(status, body))
        #expect(error.kind == .unknown)
        #expect(error.status == status)
        #expect(!error.mayHaveTakenEffect)
        if body.contains("WDE0117") { #expect(error.code == "WDE0117") }
    }

    @Test(
        "A failed exchange is transient, as uncertain as the transport says",
        arguments: [
            (HTTPTransportError.Kind.refusedConnection, false), (.unknownHost, false), (.untrusted, false),
            (.timedOut, true), (.lostConnection, true), (.oversize, true),
        ])
    func transportFailures(kind: HTTPTransportError.Kind, mayHaveTakenEffect: Bool) async throws {
        let error = try await failure(ScriptedTransport(.failure(HTTPTransportError(kind, "It failed."))))
        #expect(error.kind == .transient)
        #expect(error.message == "It failed.")
        #expect(error.mayHaveTakenEffect == mayHaveTakenEffect)
    }

    @Test("A failure reports the issuer's time too", arguments: [400, 401, 429, 500, 503])
    func serverDateOfFailure(status: Int) async throws {
        let headers = ["Date": "Tue, 07 May 2024 11:59:50 GMT"]
        let error = try await failure(ScriptedTransport(status, headers: headers))
        #expect(error.serverDate == Date(timeIntervalSince1970: 1_715_083_190))
        let unreadable = try await failure(ScriptedTransport(200, "garbage", headers: headers))
        #expect(unreadable.serverDate == error.serverDate)
    }

    @Test(
        "Cancelled and unsendable requests aren't transient",
        arguments: [
            (HTTPTransportError.Kind.cancelled, IssuerError.Kind.cancelled), (.unavailable, .configuration),
            (.unsendable, .configuration),
        ])
    func lastingTransportFailures(kind: HTTPTransportError.Kind, expected: IssuerError.Kind) async throws {
        let error = try await failure(ScriptedTransport(.failure(HTTPTransportError(kind, "It failed."))))
        #expect(error.kind == expected)
    }

    @Test(
        "Retry-After is parsed in both forms, by the issuer's clock, up to a day",
        arguments: [
            ("120", 120), ("0", 0), ("Tue, 07 May 2024 12:01:00 GMT", 70), ("Tuesday, 07-May-24 12:01:00 GMT", 70),
            ("Tue May  7 12:01:00 2024", 70), ("Tue, 07 May 2024 11:00:00 GMT", 0), ("99999999999999", 86_400),
            ("soon", nil), ("-5", nil), ("", nil), ("nan", nil),
        ] as [(String, Int?)])
    func retryAfter(field: String, seconds: Int?) async throws {
        let headers = ["Retry-After": field, "Date": "Tue, 07 May 2024 11:59:50 GMT"]
        let error = try await failure(ScriptedTransport(429, headers: headers))
        #expect(error.retryAfter == seconds.map { Samples.now + .seconds($0) })
    }

    // MARK: What is said

    @Test("No message, code or request ID contains a token")
    func noTokens() async throws {
        let token = Samples.refreshToken
        let body =
            #"{"error":"code \#(token)","error_description":"token \#(token) and \#(Samples.accessToken) are no good"}"#
        let error = try await failure(ScriptedTransport(400, body, headers: ["x-wix-request-id": "id-\(token)"]))
        for text in [error.message, error.description, error.debugDescription, error.code ?? "", error.requestID ?? ""]
        {
            #expect(!text.contains(token))
            #expect(!text.contains("eyJ"))
        }
        #expect(error.message.contains("are no good"))

        let short = try await failure(
            ScriptedTransport(400, #"{"message":"the token s3cret is bad"}"#), renewing: RefreshToken(Secret("s3cret")))
        #expect(short.message.hasSuffix("the token ‹redacted› is bad."))
        let letter = try await failure(
            ScriptedTransport(400, #"{"message":"x is no token for wixapis.com"}"#), renewing: RefreshToken(Secret("x"))
        )
        #expect(letter.message.hasSuffix("‹redacted› is no token for wixapis.com."))
    }

    @Test("The issuer's messages are shortened and sanitized")
    func cleanMessages() async throws {
        let words = String(repeating: "lorem ipsum ", count: 100)
        let said = #"a\u0000b\u001b[31m\u202Ec\u200Bd\n\r\te\u2066\uFEFF\u0085f "# + words
        let error = try await failure(ScriptedTransport(418, #"{"message":"\#(said)"}"#))
        #expect(error.message.hasPrefix("The issuer responded with status 418: a b [31mcd e f lorem"))
        #expect(error.message.count < 250)
        #expect(error.message.hasSuffix("…"))
        #expect(error.message.unicodeScalars.allSatisfy { $0.value >= 0x20 && $0 != "\u{202E}" && $0 != "\u{200B}" })
    }

    @Test("Descriptions of requests and responses don't contain the body")
    func redactedDescriptions() throws {
        let url = try #require(URL(string: "https://example.com/a?token=s3cret"))
        let request = HTTPRequest("POST", url, headers: [("Authorization", "s3cret")], body: Data("s3cret".utf8))
        let response = HTTPResponse(status: 200, headers: ["A": "s3cret"], body: Data("s3cret".utf8))
        for text in ["\(request)", String(reflecting: request), "\(response)", String(reflecting: response)] {
            #expect(!text.contains("s3cret"))
        }
        var dumped = ""
        dump([request], to: &dumped)
        dump([response], to: &dumped)
        #expect(!dumped.contains("s3cret"))
    }
}
