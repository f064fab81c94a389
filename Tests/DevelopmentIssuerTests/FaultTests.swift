import DevelopmentIssuer
import Foundation
import Testing

@Suite struct FaultTests {
    @Test(
        "A fault is written as it is read",
        arguments: [
            "latency=500", "status=503", "status=429,retry-after=2@3:renew", "drop@1", "drop-request:generate",
            "truncate%50", "garbage@2%12.5:info", "refuse:renew", "skew=-90", "no-expiry", "no-refresh-token@1",
            "string-numbers:info",
        ])
    func roundTrip(text: String) throws {
        #expect(try Fault(text).description == text)
    }

    @Test("Count, share and kind stand in any order")
    func order() throws {
        let fault = Fault(.status(500, retryAfter: nil), kind: .renew, remaining: 3, percent: 20)
        for text in ["status=500@3%20:renew", "status=500:renew@3%20", "status=500%20:renew@3"] {
            #expect(try Fault(text) == fault)
        }
    }

    @Test(
        "What is no fault is named, with what would be one",
        arguments: [
            ("explode", "no fault of that name"), ("", "no fault of that name"), ("drop=1", "takes no value"),
            ("latency", "milliseconds"), ("latency=-1", "milliseconds"),
            ("latency=99999999999999999999", "milliseconds"),
            ("status=99", "needs a code"), ("status=503,retry=2", "needs a code"), ("skew=x", "needs seconds"),
            ("drop@0", "@ is followed"),
            ("status=503@9,retry-after=20", "right behind the status"), ("drop@", "@ is followed"),
            ("drop@1@2", "@ is followed"),
            ("drop%101", "% is followed"), ("drop%nan", "% is followed"), ("drop:token", ": is followed"),
            ("refuse:generate", "cannot show"), ("no-expiry:api", "cannot show"),
        ])
    func unknown(text: String, reason: String) throws {
        let complaint = try #require(#expect(throws: UnknownFault.self) { try Fault(text) }).description
        #expect(complaint.contains(reason))
        #expect(complaint.contains("no-refresh-token, string-numbers; then @N"))
    }

    @Test("A fault with a count hits so many requests of its kind, and is gone")
    func counted() async throws {
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

    @Test("A fault with a share hits as many requests as the dice say")
    func shared() async throws {
        var options = TestIssuer.Options()
        options.faults = [Fault(.status(500, retryAfter: nil), percent: 25)]
        var statuses: [Int] = []
        try await TestIssuer.with(options, random: Dice(rolls: [10, 24, 26, 90])) { issuer in
            for _ in 0..<4 { statuses.append(try await issuer.renew("x").status) }
        }
        #expect(statuses == [500, 500, 400, 400])
    }

    @Test("Several faults hit one request together")
    func together() async throws {
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

    @Test("Faults are shown, added as lines or JSON, replaced and cleared while it runs")
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

/// Numbers that were thrown before, in percent.
private struct Dice: RandomNumberGenerator, Sendable {
    var rolls: [Double]

    mutating func next() -> UInt64 {
        // `Double.random(in: 0..<100)` takes the lowest 53 bits as a fraction.
        UInt64(rolls.removeFirst() / 100 * 0x1p53)
    }
}
