import Foundation
import Testing
import VisitorSessions
import VisitorSessionsTesting
import WixHeadless

@Suite struct StoredShapesTests {
    private static let access = Samples.accessToken
    private static let refresh = Samples.refreshToken
    private static let sdk =
        #"{"accessToken":{"value":"\#(access)","expiresAt":1715097600},"refreshToken":{"value":"\#(refresh)","role":"member"}}"#

    private func read(_ text: String) throws -> ReadTokens {
        try StoredShapes.read(text, now: Samples.now)
    }

    private func complaint(_ text: String) throws -> String {
        try #require(#expect(throws: UnreadableTokens.self) { try StoredShapes.read(text, now: Samples.now) })
            .description
    }

    @Test("The SDK's pair is read whole")
    func sdkTokens() throws {
        let read = try read(Self.sdk)
        #expect(read.shape == "SDK tokens")
        #expect(read.expiryUnit == .seconds)
        #expect(read.clientID == nil)
        let access = try #require(read.tokens.accessToken)
        #expect(access.value.reveal() == Self.access)
        #expect(access.expiresAt == Samples.now + .seconds(14_400))
        #expect(access.visitorID == Samples.visitor)
        #expect(read.tokens.refreshToken?.role == .member)
        #expect(read.tokens.refreshToken?.expiresAt == Date(timeIntervalSince1970: 1_746_619_200))
    }

    @Test("Without a role the tokens tell whom they stand for")
    func withoutRole() throws {
        func pair(_ access: String) -> String {
            #"{"accessToken":{"value":"\#(access)","expiresAt":1},"refreshToken":{"value":"\#(Self.refresh)"}}"#
        }
        #expect(try read(pair(Self.access)).shape == "SDK tokens without role")
        #expect(try read(pair(Self.access)).tokens.role == .visitor)
        #expect(try read(pair(Samples.memberToken)).tokens.role == .member)
    }

    @Test("What is written is read back as it was, and is the SDK's shape to the letter")
    func roundTrip() throws {
        let read = try read(Self.sdk)
        #expect(SDKTokens.json(read.tokens).reveal() == Self.sdk)
        #expect(try self.read(SDKTokens.json(read.tokens).reveal()) == read)
        #expect(
            SDKTokens.json(
                Tokens(accessToken: AccessToken(Secret("a"), expiresAt: Samples.now.addingTimeInterval(0.9)))
            )
            .reveal()
                == #"{"accessToken":{"value":"a","expiresAt":1715083200},"refreshToken":{"value":"","role":"none"}}"#)
        #expect(
            SDKTokens.json(Tokens()).reveal()
                == #"{"accessToken":{"value":"","expiresAt":0},"refreshToken":{"value":"","role":"none"}}"#)
    }

    @Test(
        "Wrappings are taken off",
        arguments: [
            { "\u{FEFF} \n\($0)\r\n" }, { $0.addingPercentEncoding(withAllowedCharacters: .alphanumerics) ?? "" },
            { "\"" + $0.replacingOccurrences(of: "\"", with: "\\\"") + "\"" }, { "'\($0)'" }, { "\"\($0)\"" },
            { "\"" + ($0.addingPercentEncoding(withAllowedCharacters: .alphanumerics) ?? "") + "\"" },
            {
                ($0.addingPercentEncoding(withAllowedCharacters: .alphanumerics) ?? "")
                    .addingPercentEncoding(withAllowedCharacters: .alphanumerics) ?? ""
            },
        ] as [@Sendable (String) -> String])
    func wrappings(wrap: @Sendable (String) -> String) throws {
        #expect(try read(wrap(Self.sdk)) == read(Self.sdk))
        #expect(try read(wrap(Self.refresh)) == read(Self.refresh))
    }

    @Test("The pair beside its client ID is read with it")
    func clientTokens() throws {
        let read = try read(#"{"clientId":"\#(Samples.clientID)","tokens":\#(Self.sdk)}"#)
        #expect(read.shape == "SDK tokens with client ID")
        #expect(read.clientID == Samples.clientID)
        #expect(try read.tokens == self.read(Self.sdk).tokens)
    }

    @Test("Local storage's tokens have milliseconds")
    func flatTokens() throws {
        let read = try read(
            #"{"accessToken":"opaque","refreshToken":"\#(Self.refresh)","expiresAt":1715083260000,"role":"visitor"}"#)
        #expect(read.shape == "local storage tokens")
        #expect(read.expiryUnit == .milliseconds)
        #expect(read.tokens.accessToken?.expiresAt == Samples.now + .seconds(60))
    }

    @Test(
        "Expiries are understood in every unit that is in use",
        arguments: [
            ("1715083260", 60, .seconds), ("\"1715083260\"", 60, .seconds), ("1715083260000", 60, .milliseconds),
            ("1715083260.5", 60.5, .seconds), ("\"2024-05-07T12:01:00.000Z\"", 60, .iso8601),
            ("\"2024-05-07T14:01:00+02:00\"", 60, .iso8601), ("\"2024-05-07T12:01:00.250000\"", 60.25, .iso8601),
            ("\"2024-05-07T12:01:00-0130\"", 5460, .iso8601), ("0", nil, .none), ("null", nil, .none),
            ("\"\"", nil, .none),
        ] as [(String, Double?, ExpiryUnit)])
    func expiries(literal: String, seconds: Double?, unit: ExpiryUnit) throws {
        let read = try read(#"{"grantType":"g","accessToken":"a","refreshToken":"r","expiresAt":\#(literal)}"#)
        #expect(read.shape == "Dart client tokens")
        #expect(read.tokens.accessToken?.expiresAt == seconds.map { Samples.now.addingTimeInterval($0) })
        #expect(read.expiryUnit == unit)
    }

    @Test("The endpoint's answer is dated by its token, or else by now")
    func endpointTokens() throws {
        let dated = try StoredShapes.read(
            #"{"access_token":"\#(Self.access)","expires_in":600,"refresh_token":"\#(Self.refresh)"}"#,
            now: Samples.now + .seconds(5000))
        #expect(dated.tokens.accessToken?.expiresAt == Samples.now + .seconds(600))
        #expect(dated.shape == "token endpoint answer")
        let undated = try read(#"{"access_token":"a","expires_in":"600"}"#)
        #expect(undated.tokens.accessToken?.expiresAt == Samples.now + .seconds(600))
        #expect(undated.tokens.refreshToken == nil)
    }

    @Test("Bare tokens are told apart, with and without a header around them")
    func bareTokens() throws {
        #expect(try read(Self.access).tokens.accessToken?.visitorID == Samples.visitor)
        #expect(try read(Self.refresh).tokens.refreshToken?.value.reveal() == Self.refresh)
        #expect(try read(Self.refresh).tokens.accessToken == nil)
        let jwt = Samples.jwt("{}", #"{"exp":1715083260}"#)
        #expect(try read(jwt).tokens.accessToken?.expiresAt == Samples.now + .seconds(60))
        for header in ["Authorization: ", "authorization:", "Bearer ", "AUTHORIZATION: bearer  "] {
            let read = try read(header + "opaque")
            #expect(read.tokens.accessToken?.value.reveal() == "opaque")
            #expect(read.shape == "Authorization header")
        }
    }

    @Test("A refresh token alone stays alone")
    func halves() throws {
        let empty = #"{"accessToken":{"value":"","expiresAt":0},"refreshToken":{"value":"r","role":"visitor"}}"#
        #expect(try read(empty).tokens == Tokens(refreshToken: RefreshToken(Secret("r"))))
        #expect(try read(#"{"value":"r","role":"member"}"#).tokens.refreshToken?.role == .member)
        #expect(
            try read(#"{"accessToken":{"value":"a"},"refreshToken":{"value":"","role":"none"}}"#).tokens.refreshToken
                == nil)
    }

    @Test(
        "What cannot be read is explained, and the place is named",
        arguments: [
            ("", "There is nothing here."), (" \u{FEFF}\n", "There is nothing here."),
            (
                #"{"accessToken":{"value":"","expiresAt":0},"refreshToken":{"value":"","role":"none"}}"#,
                "This is the SDK's empty pair: it has no tokens yet."
            ),
            ("{\n \"a\": tru}", "This JSON cannot be read: there is no JSON value (line 2, column 7)."),
            (#"{"accessToken":{"#, "This JSON cannot be read: a member's name is missing (line 1, column 17)."),
            (
                #"{"refreshToken":"s3cret1","refreshToken":"s3cret2"}"#,
                "This JSON cannot be read: the same name stands twice in one object (line 1, column 27)."
            ),
            (#"{"accessToken":{"value":7}}"#, "accessToken.value is not a text."),
            (#"{"tokens":{"accessToken":{"value":7}}}"#, "tokens.accessToken.value is not a text."),
            (
                #"{"accessToken":{"value":"s3cret","expiresAt":"s3cret"}}"#,
                "accessToken.expiresAt is no time: neither seconds, milliseconds nor ISO 8601."
            ),
            (
                #"{"refreshToken":{"value":"s3cret","role":"s3cret"}}"#,
                "refreshToken.role is neither visitor, member nor none."
            ),
            (#"{"accessToken":"s3c\nret"}"#, "accessToken has characters in it that no token has."),
            (#"{"a":1}"#, "This is JSON, but in no known shape: it has neither accessToken nor refreshToken."),
            ("s3cret", "This text does not say whether it is an access token or a refresh token."),
            ("two s3crets", "This is neither JSON nor one token: there is white space in it."),
            ("Authorization: ", "There is no token behind the header's name."),
        ])
    func unreadable(text: String, sentence: String) throws {
        let complaint = try complaint(text)
        #expect(!complaint.contains("s3c"))
        #expect(complaint == sentence)
    }

    @Test("What is too large or too deep is refused at once")
    func limits() throws {
        #expect(try complaint(String(repeating: "a", count: StoredShapes.sizeLimit + 1)).contains("4 MiB"))
        #expect(try complaint(#"{"accessToken":"\#(String(repeating: "a", count: 70_000))"}"#).contains("longer than"))
        let deep = #"{"a":"# + String(repeating: "[", count: 1_000_000)
        #expect(try complaint(deep).contains("nested too deeply"))
    }

    @Test("Any damage to a text is survived")
    func fuzz() {
        var random = SplitMix(state: 11)
        let marks = Array(#"{}[]":,\%."#.utf8)
        for _ in 0..<3000 {
            var bytes = Array(Self.sdk.utf8)
            for _ in 0..<Int.random(in: 1...6, using: &random) {
                let index = Int.random(in: 0..<bytes.count, using: &random)
                bytes[index] = marks.randomElement(using: &random) ?? 0
            }
            bytes.removeLast(Int.random(in: 0..<40, using: &random))
            if let read = try? StoredShapes.read(String(decoding: bytes, as: UTF8.self), now: Samples.now) {
                #expect(!read.tokens.isEmpty)
            }
        }
    }
}
