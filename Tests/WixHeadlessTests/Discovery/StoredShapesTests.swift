import Foundation
import Testing
import VisitorSessions
import VisitorSessionsTesting
import WixHeadless

@Suite struct StoredShapesTests {
    private static let access = Samples.accessToken
    private static let refresh = Samples.refreshToken
    private static let advice =
        "In a browser's DevTools, copy the value of the wix-session cookie (Application > Cookies), or copy a request as cURL (Network)."
    private static let sdk =
        #"{"accessToken":{"value":"\#(access)","expiresAt":1715097600},"refreshToken":{"value":"\#(refresh)","role":"member"}}"#

    private func read(_ text: String) throws -> ReadTokens {
        try TokenDiscovery.read(Data(text.utf8), now: Samples.now).single()
    }

    private func complaint(_ text: String) throws -> String {
        try #require(#expect(throws: UnreadableTokens.self) { try read(text) }).description
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

    @Test("Without a role the tokens tell who they represent")
    func withoutRole() throws {
        func pair(_ access: String) -> String {
            #"{"accessToken":{"value":"\#(access)","expiresAt":1},"refreshToken":{"value":"\#(Self.refresh)"}}"#
        }
        #expect(try read(pair(Self.access)).shape == "SDK tokens without a role")
        #expect(try read(pair(Self.access)).tokens.role == .visitor)
        #expect(try read(pair(Samples.memberToken)).tokens.role == .member)
    }

    @Test("The SDK's shape is written exactly, and read back unchanged")
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
        "Quotation marks, encodings and white space around a text are removed",
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

    @Test("A pair is read with the client ID beside it")
    func clientTokens() throws {
        let read = try read(#"{"clientId":"\#(Samples.clientID)","tokens":\#(Self.sdk)}"#)
        #expect(read.shape == "SDK tokens with client ID")
        #expect(read.clientID == Samples.clientID)
        #expect(try read.tokens == self.read(Self.sdk).tokens)
    }

    @Test("Local storage holds milliseconds")
    func flatTokens() throws {
        let read = try read(
            #"{"accessToken":"opaque","refreshToken":"\#(Self.refresh)","expiresAt":1715083260000,"role":"visitor"}"#)
        #expect(read.shape == "local storage tokens")
        #expect(read.expiryUnit == .milliseconds)
        #expect(read.tokens.accessToken?.expiresAt == Samples.now + .seconds(60))
    }

    @Test(
        "An expiry is read in every unit that is in use",
        arguments: [
            ("1715083260", 60, .seconds), ("\"1715083260\"", 60, .seconds), ("1715083260000", 60, .milliseconds),
            ("1715083260.5", 60.5, .seconds), ("\"2024-05-07T12:01:00.000Z\"", 60, .iso8601),
            ("\"2024-05-07T14:01:00+02:00\"", 60, .iso8601), ("\"2024-05-07T12:01:00.250000\"", 60.25, .iso8601),
            ("\"2024-05-07T12:01:00-0130\"", 5460, .iso8601), ("1715083260000000", 60, .microseconds),
            ("{\"seconds\":1715083260,\"nanoseconds\":0}", 60, .firestore),
            ("{\"_seconds\":1715083260,\"_nanoseconds\":500000000}", 60.5, .firestore),
            ("{\"$date\":\"2024-05-07T12:01:00Z\"}", 60, .iso8601),
            ("{\"$date\":{\"$numberLong\":\"1715083260000\"}}", 60, .milliseconds),
            ("\"Tue, 07 May 2024 12:01:00 GMT\"", 60, .dateString),
            ("\"Tue May 07 2024 14:01:00 GMT+0200 (CEST)\"", 60, .dateString), ("0", nil, .none), ("null", nil, .none),
            ("\"\"", nil, .none),
        ] as [(String, Double?, ExpiryUnit)])
    func expiries(literal: String, seconds: Double?, unit: ExpiryUnit) throws {
        let read = try read(#"{"grantType":"g","accessToken":"a","refreshToken":"r","expiresAt":\#(literal)}"#)
        #expect(read.shape == "Dart client tokens")
        #expect(read.tokens.accessToken?.expiresAt == seconds.map { Samples.now.addingTimeInterval($0) })
        #expect(read.expiryUnit == unit)
    }

    @Test(
        "An expiry that can't be true never refuses a token: the token's exp claim is used",
        arguments: ["\"soon\"", "-5", "1e300", "14400", "{}", "[1]", "true", "{\"seconds\":1,\"nanoseconds\":1e300}"])
    func oddExpiry(literal: String) throws {
        let read = try read(
            #"{"accessToken":{"value":"\#(Self.access)","expiresAt":\#(literal)},"refreshToken":{"value":"\#(Self.refresh)"}}"#
        )
        #expect(read.tokens.accessToken?.expiresAt == Samples.now + .seconds(14_400))
        #expect(read.tokens.refreshToken != nil && read.notes.count == 1)
        #expect(read.notes.first?.contains("the token's exp claim is used") == true)
    }

    @Test("A role that isn't known is ignored, and reported")
    func oddRole() throws {
        let read = try read(#"{"refreshToken":{"value":"\#(Self.refresh)","role":"s3cret"}}"#)
        #expect(read.tokens.role == .visitor)
        #expect(read.notes == ["The role isn't recognized, so it is taken from the tokens."])
    }

    @Test("The endpoint's lifetime starts at the token's iat, or else now")
    func endpointTokens() throws {
        let answer = #"{"access_token":"\#(Self.access)","expires_in":600,"refresh_token":"\#(Self.refresh)"}"#
        let dated = try TokenDiscovery.read(Data(answer.utf8), now: Samples.now + .seconds(5000)).single()
        #expect(dated.tokens.accessToken?.expiresAt == Samples.now + .seconds(600))
        #expect(dated.shape == "token response")
        let undated = try read(#"{"access_token":"a","expires_in":"600"}"#)
        #expect(undated.tokens.accessToken?.expiresAt == Samples.now + .seconds(600))
        #expect(undated.tokens.refreshToken == nil && undated.expiryUnit == .none)
    }

    @Test("A bare token is recognized by its form, with and without a header")
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
        "A text without tokens is explained, with the place of the fault",
        arguments: [
            ("", "The input is empty."), (" \u{FEFF}\n", "The input is empty."),
            (
                #"{"accessToken":{"value":"","expiresAt":0},"refreshToken":{"value":"","role":"none"}}"#,
                "This is the SDK's initial value; it contains no tokens yet."
            ),
            ("{\n \"a\": tru}", "This JSON can't be read: expected a value (line 2, column 7)."),
            (#"{"accessToken":{"#, "This JSON can't be read: expected a property name (column 17)."),
            (
                #"{"refreshToken":"s3cret1","refreshToken":"s3cret2"}"#,
                "refreshToken appears twice in the same object."
            ),
            (#"{"accessToken":{"value":7}}"#, "accessToken.value isn't a string."),
            (#"{"tokens":{"accessToken":{"value":7}}}"#, "tokens.accessToken.value isn't a string."),
            (#"{"accessToken":"s3c\nret"}"#, "accessToken contains characters that aren't allowed in a token."),
            (#"{"a":1}"#, "This JSON contains no tokens (fields found: a). \(advice)"),
            (
                "s3cret",
                "It isn't clear whether this is an access token or a refresh token. Write accessToken= or refreshToken= in front of it."
            ),
            ("two s3crets", "This text contains no tokens. \(advice)"),
            ("_ga=GA1.1; theme=s3cret", "This cookie header contains no tokens (fields found: _ga, theme). \(advice)"),
            ("https://s3cret.example/", "This URL contains no tokens. \(advice)"),
            (
                "{a: {…}, b: 1}",
                "The console abbreviated this object. Run copy(JSON.stringify(…)) there, and paste the result."
            ),
            ("null", "This is a placeholder, not a token."),
            ("Authorization: ", "There is no token after the header's name."),
        ])
    func unreadable(text: String, sentence: String) throws {
        let complaint = try complaint(text)
        #expect(!complaint.contains("s3c"))
        #expect(complaint == sentence)
    }

    @Test("Texts that are too large or nested too deeply are refused")
    func limits() throws {
        #expect(try complaint(String(repeating: "a", count: TokenDiscovery.sizeLimit + 1)).contains("64 MiB"))
        #expect(try complaint(#"{"accessToken":"\#(String(repeating: "a", count: 70_000))"}"#).contains("too long"))
        let deep = #"{"a":"# + String(repeating: "[", count: 1_000_000)
        #expect(try complaint(deep).contains("nested too deeply"))
    }

    @Test("No damage to a text crashes the reader")
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
            if let read = try? TokenDiscovery.read(Data(bytes), now: Samples.now).single() {
                #expect(!read.tokens.isEmpty)
            }
        }
    }
}
