import DevelopmentIssuer
import Foundation
import Testing

@Suite struct FaultTests {
    @Test(
        "A fault's description parses to the same fault",
        arguments: [
            "latency=500", "status=503", "status=429,retry-after=2@3:renew", "drop@1", "drop-request:generate",
            "truncate%50", "garbage@2%12.5:info", "refuse:renew", "skew=-90", "no-expiry", "no-refresh-token@1",
            "string-numbers:info",
        ])
    func roundTrip(text: String) throws {
        #expect(try Fault(text).description == text)
    }

    @Test("Count, percentage and kind can be in any order")
    func order() throws {
        let fault = Fault(.status(500, retryAfter: nil), kind: .renew, remaining: 3, percent: 20)
        for text in ["status=500@3%20:renew", "status=500:renew@3%20", "status=500%20:renew@3"] {
            #expect(try Fault(text) == fault)
        }
    }

    @Test(
        "An invalid fault is rejected with the list of valid ones",
        arguments: [
            ("explode", "unknown fault"), ("", "unknown fault"), ("drop=1", "takes no value"),
            ("latency", "milliseconds"), ("latency=-1", "milliseconds"),
            ("latency=99999999999999999999", "milliseconds"),
            ("status=99", "takes a code"), ("status=503,retry=2", "takes a code"), ("skew=x", "takes seconds"),
            ("drop@0", "@ takes"),
            ("status=503@9,retry-after=20", "must follow the status"), ("drop@", "@ takes"),
            ("drop@1@2", "@ takes"),
            ("drop%101", "% takes"), ("drop%nan", "% takes"), ("drop:token", ": takes"),
            ("refuse:generate", "doesn't apply"), ("no-expiry:api", "doesn't apply"),
        ])
    func invalid(text: String, reason: String) throws {
        let message = try #require(#expect(throws: UnknownFault.self) { try Fault(text) }).description
        #expect(message.contains(reason))
        #expect(message.contains("no-refresh-token, string-numbers; suffixes: @N"))
    }

    @Test("A fault with a count is removed after that many requests of its kind")
    func count() async throws {
        var options = TestIssuer.Options()
        options.faults = [Fault(.status(503, retryAfter: 7), kind: .renew, remaining: 2)]
        try await TestIssuer.with(options) { issuer in
            let refresh = try await issuer.pair().refresh
            for _ in 0..<2 {
                let answer = try await issuer.renew(refresh)
                #expect(answer.status == 503)
                #expect(answer.headers["retry-after"] == "7")
            }
            #expect(try await issuer.renew(refresh).status == 200)
            let counts = try await issuer.counts()
            #expect((counts.redemptions, counts.faults, counts.requests) == (1, 2, 4))
        }
    }

    @Test("A fault with a percentage applies to that share of requests")
    func percentage() async throws {
        var options = TestIssuer.Options()
        options.faults = [Fault(.status(500, retryAfter: nil), percent: 25)]
        var statuses: [Int] = []
        try await TestIssuer.with(options, random: Dice(rolls: [10, 24, 26, 90])) { issuer in
            for _ in 0..<4 { statuses.append(try await issuer.renew("x").status) }
        }
        #expect(statuses == [500, 500, 400, 400])
    }

    @Test("Several faults can apply to one request")
    func combinedFaults() async throws {
        var options = TestIssuer.Options()
        options.faults = [Fault(.skew(.seconds(3600))), Fault(.noExpiry), Fault(.stringNumbers)]
        try await TestIssuer.with(options) { issuer in
            let answer = try await issuer.send(
                "POST", "/oauth2/token", body: #"{"clientId":"\#(TestIssuer.clientID)","grantType":"anonymous"}"#)
            #expect(answer.headers["date"] == "Tue, 07 May 2024 13:00:00 GMT")
            #expect(answer.body["expires_in"] == nil)
            let information = try await issuer.send(
                "POST", "/oauth2/token-info", body: #"{"token":"\#(answer.text("access_token"))"}"#)
            #expect(information.text("active") == "true")
            #expect(information.text("exp") == "\(1_715_083_200 + 3600 + 14_400)")
        }
    }

    @Test("Faults can be listed, added as lines or JSON, replaced and cleared at run time")
    func endpoint() async throws {
        try await TestIssuer.with { issuer in
            let form = "application/x-www-form-urlencoded"
            let lines = try await issuer.send(
                "POST", "/development/faults", type: form, body: "drop%20\nstatus=503@2\n")
            #expect(lines.body["faults"] as? [String] == ["drop%20", "status=503@2"])
            let added = try await issuer.send("POST", "/development/faults", type: form, body: "garbage@1")
            #expect(added.body["faults"] as? [String] == ["drop%20", "status=503@2", "garbage@1"])
            for body in [#"["refuse"]"#, #"{"faults":["refuse"]}"#] {
                #expect(try await issuer.send("PUT", "/development/faults", body: body).status == 200)
                let shown = try await issuer.send("GET", "/development/faults")
                #expect(shown.body["faults"] as? [String] == ["refuse"])
            }
            let wrong = try await issuer.send("POST", "/development/faults", body: #"["refuse","explode"]"#)
            #expect(wrong.status == 400)
            #expect(wrong.text("message").contains("explode"))
            #expect(try await issuer.send("POST", "/development/faults", body: #"{"fault":1}"#).status == 400)
            #expect(try await issuer.send("GET", "/development/faults").body["faults"] as? [String] == ["refuse"])
            #expect(try await issuer.send("DELETE", "/development/faults").body["faults"] as? [String] == [])
            #expect(try await issuer.send("PATCH", "/development/faults", body: "drop").status == 405)
        }
    }
}

/// Fixed random numbers, in percent.
private struct Dice: RandomNumberGenerator, Sendable {
    var rolls: [Double]

    mutating func next() -> UInt64 {
        // `Double.random(in: 0..<100)` uses the lowest 53 bits as a fraction.
        UInt64(rolls.removeFirst() / 100 * 0x1p53)
    }
}
