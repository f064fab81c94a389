import Foundation
import Testing
import VisitorSessions
import VisitorSessionsTesting
import WixHeadless

@Suite struct DecodedTokenTests {
    private func decode(_ text: String) -> DecodedToken { DecodedToken(Secret(text)) }

    @Test("A Wix access token shows its claims in order, with the packed ones unpacked")
    func wixAccess() {
        let token = decode(Samples.accessToken)
        #expect(token.format == .wixAccess)
        #expect("\(token.format)" == "Wix access token")
        #expect(token.header == [Claim("kid", .text("k1")), Claim("alg", .text("HS256"))])
        #expect(
            token.claims.map(\.name) == [
                "data.instance.instanceId", "data.instance.appDefId", "data.instance.signDate",
                "data.instance.permissions", "data.instance.demoMode", "data.instance.siteOwnerId", "data.instance.aid",
                "data.instance.metaSiteId", "data.instance.expirationDate", "iat", "exp",
            ])
        #expect(token.claims[2].value == .date(Samples.now))
        #expect(token.claims[4].value == .bool(false))
        #expect(token.claims[10].value.description == "2024-05-07T16:00:00Z")
        #expect(token.issuedAt == Samples.now)
        #expect(token.expiresAt == Samples.now + .seconds(14_400))
        #expect(token.visitorID == Samples.visitor)
        #expect(!token.isMember)
    }

    @Test("A member's token is told by its uid, and need not name a visitor")
    func member() {
        let token = decode(Samples.memberToken)
        #expect(token.isMember)
        #expect(token.visitorID == nil)
    }

    @Test("A Wix refresh token holds a quoted identifier")
    func wixRefresh() {
        let token = decode(Samples.refreshToken)
        #expect(token.format == .wixRefresh)
        #expect(token.claims.first == Claim("data", .text("11111111-2222-4333-8444-555555555555")))
        #expect(token.expiresAt == Date(timeIntervalSince1970: 1_746_619_200))
        #expect(token.visitorID == nil)
    }

    @Test("A plain JWT is decoded, and its subject is no visitor")
    func jwt() {
        let token = decode(
            Samples.jwt(#"{"alg":"none"}"#, #"{"sub":"s","aud":["a","b"],"nbf":1715083200,"x":{"y":null},"e":{}}"#))
        #expect(token.format == .jwt)
        #expect(token.visitorID == nil)
        #expect(token.expiresAt == nil)
        #expect(
            token.claims == [
                Claim("sub", .text("s")), Claim("aud", .json(#"["a","b"]"#)), Claim("nbf", .date(Samples.now)),
                Claim("x.y", .null, path: ["x", "y"]), Claim("e", .json("{}")),
            ])
    }

    @Test("Padded and standard base64 are accepted as well")
    func padding() {
        let payload = Data(#"{"sub":"??>>"}"#.utf8).base64EncodedString()
        #expect(decode("e30=.\(payload).").claims == [Claim("sub", .text("??>>"))])
    }

    @Test(
        "What cannot be decoded is opaque",
        arguments: [
            "", ".", "..", "...", "x", "a.b", "a.b.c", "JWS", "JWS.", "JWS.a.b.c", "OauthNG.JWS.",
            "OauthNG.JWS.e30.e30",
            "e30.e30", "e30.e30.x.y", "e30.W10.x", "e30.bnVsbA.x", "e30.e.x", "e30.=.x", "e30.e3===0.x", "e30.e3 0.x",
            "🙂.🙂.🙂", "e30.gIGC.x", "\0.\0.\0",
        ])
    func opaque(text: String) {
        let token = decode(text)
        #expect(token.format == .opaque)
        #expect(token.claims.isEmpty && token.header.isEmpty)
        #expect(token.expiresAt == nil)
    }

    @Test("Hostile nesting, in the payload or packed in it, neither crashes nor hangs")
    func nesting() {
        for depth in [60, 1000, 16_000] {
            let nested = String(repeating: "[", count: depth) + String(repeating: "]", count: depth)
            #expect(decode(Samples.jwt("{}", #"{"a":\#(nested)}"#)).format == (depth == 60 ? .jwt : .opaque))
            #expect(decode(Samples.jwt("{}", #"{"data":"\#(nested)"}"#)).format == .jwt)
        }
        let objects = String(repeating: #"{"a":"#, count: 9000) + "1" + String(repeating: "}", count: 9000)
        #expect(decode(Samples.jwt("{}", objects)).format == .opaque)
        #expect(decode(Samples.jwt("{}", #"{"a":"\#(String(repeating: "x", count: 100_000))"}"#)).format == .opaque)
    }

    @Test(
        "Times that make no sense are numbers, not dates",
        arguments: ["1e400", "-1", "0", "1e308", "253402300800000", "\"NaN\"", "\"inf\"", "99999999999999999999999"])
    func times(literal: String) {
        let token = decode(Samples.jwt("{}", #"{"exp":\#(literal),"iat":\#(literal)}"#))
        #expect(token.format == .jwt)
        #expect(token.expiresAt == nil)
        #expect(token.issuedAt == nil)
    }

    @Test("Milliseconds and numeric strings are understood as times")
    func milliseconds() {
        #expect(decode(Samples.jwt("{}", #"{"exp":1715083200000}"#)).expiresAt == Samples.now)
        #expect(decode(Samples.jwt("{}", #"{"exp":"1715083200"}"#)).expiresAt == Samples.now)
    }

    @Test("Claims cannot smuggle control characters into a display")
    func display() {
        let token = decode(Samples.jwt("{}", #"{"a\u001b[2Jb":"x\u001b]52;c;\u0007\u202Ey\n"}"#))
        #expect(token.claims.first?.name == "a [2Jb")
        #expect(token.claims.first?.value.description == "x ]52;c; y")
    }

    @Test("Any bytes at all can be decoded")
    func fuzz() {
        var random = SplitMix(state: 7)
        let seeds = [Samples.accessToken, Samples.refreshToken, Samples.jwt("{}", #"{"a":[1,{"b":"\ud83d"}]}"#)]
        for round in 0..<3000 {
            var bytes = Array(seeds[round % seeds.count].utf8)
            for _ in 0..<Int.random(in: 1...8, using: &random) {
                let index = Int.random(in: 0..<bytes.count, using: &random)
                bytes[index] = UInt8.random(in: 0...255, using: &random)
                if bytes.count > 20, Bool.random(using: &random) { bytes.remove(at: index) }
            }
            _ = decode(String(decoding: bytes, as: UTF8.self)).claims.map(\.value.description)
        }
    }
}
