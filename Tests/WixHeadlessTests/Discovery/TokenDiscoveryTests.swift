import Foundation
import Testing
import VisitorSessions
import VisitorSessionsTesting
import WixHeadless

@Suite("Token discovery", .timeLimit(.minutes(2)))
struct TokenDiscoveryTests {
    private static let folder = URL(filePath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
        .appending(path: "Fixtures")
    private static let clientID = "9d5e3c4b-1a2f-4b6c-8d7e-0f1a2b3c4d5e"

    private static let refusals: [(Data, String)] =
        [
            (Data(), "input is empty"), (Data([0, 0, 0xEF, 0xBB, 0xBF]), "input is empty"),
            (Data([0x1F, 0x8B, 8]), "compressed"), (Data([0xFF, 0x41, 0x80]), "UTF-8 text"),
            (Data(repeating: 0x61, count: TokenDiscovery.sizeLimit + 1), "limit of 64 MiB"),
        ] + texts.map { (Data($0.utf8), $1) }

    private static let texts: [(String, String)] = [
        ("SQLite format 3\0", "SQLite database"), ("s3cret\ns3cret s3cret\n", "contains no tokens"),
        ("[1,2", "unclosed array"),
        ("{\"s3cret\":" + String(repeating: "[", count: 100_000), "nested too deeply"),
        (String(repeating: "[", count: 100_000), "nested too deeply"),
        (#"{"log":{"entries":[{"s3cret":}]}}"#, "expected a value (column 30)"),
        (#"{"accessToken":{"value":"s3cret","value":"s3cret"}}"#, "twice in the same object"),
        (#"{"accessToken":{"value":["s3cret"]}}"#, "isn't a string"),
        (#"{"accessToken":{"value":"s3\u0000cret"}}"#, "characters that aren't allowed in a token"),
    ]

    private func fixture(_ name: String) throws -> FoundTokens {
        try TokenDiscovery.read(Data(contentsOf: Self.folder.appending(path: name)), now: Samples.now)
    }

    /// The last digit of each found access token's visitor, or `-`, and of each refresh token's ID.
    private func summary(_ found: FoundTokens) -> [String] {
        found.findings.map { finding in
            let access = finding.read.tokens.accessToken?.visitorID?.suffix(1) ?? "-"
            let refresh = finding.read.tokens.refreshToken.map { token in
                DecodedToken(token.value).claims.first { $0.name == "data" }?.value.description.suffix(1) ?? "?"
            }
            return "\(access)\(refresh ?? "-") \(finding.place)"
        }
    }

    @Test(
        "Every shape is recognized",
        arguments: [
            ("a-sdk.json", "SDK tokens", "00"), ("b-refresh-token.json", "refresh token", "-0"),
            ("c-client-tokens.json", "SDK tokens with client ID", "00"),
            ("d-local-storage.json", "local storage tokens", "00"), ("e-session-storage.txt", "refresh token", "-0"),
            ("f-without-role.json", "SDK tokens without a role", "00"),
            ("g-endpoint.json", "token response", "00"),
            ("h-dart.json", "Dart client tokens", "00"), ("i-header.txt", "Authorization header", "0-"),
        ])
    func shapes(file: String, shape: String, tokens: String) throws {
        let found = try fixture(file)
        #expect(found.container == shape)
        #expect(summary(found) == ["\(tokens) "])
        #expect(try found.single().shape == shape)
    }

    @Test("cookies.txt is read line by line, and the initial value is reported with its place")
    func cookiesText() throws {
        let found = try fixture("cookies.txt")
        #expect(found.container == "cookies.txt")
        #expect(
            summary(found) == [
                "00 line 5, cookie wix-session of .shop.example", "-1 line 6, cookie wix_refreshToken of other.example",
            ])
        #expect(found.findings.last?.read.tokens.role == .member)
        #expect(found.problems.map(\.place) == ["line 7, cookie wixSession of empty.example"])
        #expect(found.problems.first?.sentence.contains("initial value") == true)
    }

    @Test("A storage state's cookies and local storage are read, with the client IDs in them")
    func storageState() throws {
        let found = try fixture("storage-state.json")
        #expect(found.container == "Playwright storage state")
        #expect(
            summary(found) == [
                "00 cookie wixSession of shop.example",
                "11 localStorage of https://shop.example, wix-visitor-token-…",
            ])
        #expect(
            found.findings.map(\.read.clientID) == [Self.clientID, "de000000-0000-4000-8000-000000000001"])
        #expect(found.findings.last?.read.expiryUnit == .milliseconds)
    }

    @Test("A recording yields each session once, with its newest tokens, and no other service's keys")
    func recording() throws {
        let found = try fixture("recording.har")
        #expect(found.container == "HAR file")
        #expect(
            summary(found) == [
                "02 entry 1, request cookie wix-session", "11 entry 2, response",
                "3- entry 5, request header Authorization",
            ])
        // Renewed at 13:53:20, for four hours.
        #expect(found.findings[0].read.tokens.accessToken?.expiresAt == Date(timeIntervalSince1970: 1_715_104_400))
        #expect(found.findings.map(\.read.clientID) == [Self.clientID, Self.clientID, nil])
        #expect(found.problems.isEmpty)
    }

    @Test(
        "An opaque token in a recording counts only if it was sent to Wix or to the issuer",
        arguments: [
            ("https://www.wixapis.com/ecom/v1/carts", "opaque", 1), ("http://127.0.0.1:8787/api/carts", "opaque", 1),
            ("https://elsewhere.example/", "opaque", 0), ("https://www.wixapis.com/", "Basic b3BhcXVl", 0),
        ])
    func opaqueInRecording(url: String, authorization: String, count: Int) throws {
        let text = """
            {"log":{"entries":[
            {"request":{"url":"http://127.0.0.1:8787/oauth2/token","headers":[]}},
            {"request":{"url":"\(url)","headers":[{"name":"Authorization","value":"\(authorization)"}]}}]}}
            """
        #expect(try TokenDiscovery.read(Data(text.utf8), now: Samples.now).findings.count == count)
    }

    @Test("A cookie header line, lines of JSON, and a pair in two lines are read")
    func lines() throws {
        #expect(summary(try fixture("cookie-header.txt")) == ["00 cookie wix-session", "-1 cookie wixRefresh"])
        let lines = try fixture("lines.jsonl")
        #expect(summary(lines) == ["00 line 1", "11 line 2"])
        #expect(lines.problems.map(\.place) == ["line 4"])
        let pair = try fixture("two-tokens.txt")
        #expect(summary(pair) == ["00 line 1"])
        #expect(try pair.single().shape == "access and refresh tokens")
    }

    @Test("UTF-16 is read, as Windows writes it")
    func utf16() throws {
        let text = try String(contentsOf: Self.folder.appending(path: "a-sdk.json"), encoding: .utf8)
        let bytes = try #require(text.data(using: .utf16))
        #expect(summary(try TokenDiscovery.read(bytes, now: Samples.now)) == ["00 "])
    }

    @Test("Two tokens without anything between them aren't a token")
    func glued() throws {
        for glued in [Samples.accessToken + Samples.refreshToken, Samples.refreshToken + Samples.refreshToken] {
            let error = #expect(throws: UnreadableTokens.self) {
                try TokenDiscovery.read(Data(glued.utf8), now: Samples.now).single()
            }
            #expect(error?.description == "The token contains several tokens with nothing between them.")
        }
    }

    @Test(
        "A token that was cut short is refused, alone and in a shape",
        arguments: [0.2, 0.5, 0.7])
    func cut(share: Double) throws {
        for token in [Samples.accessToken, Samples.refreshToken] {
            // In the middle of a part, and at the end of one.
            let cut = token.prefix(Int(Double(token.count) * share))
            let lastPart = try #require(token.lastIndex(of: "."))
            for part in [cut.prefix(upTo: min(cut.endIndex, lastPart)), token[...lastPart]] {
                for text in [String(part), #"{"accessToken":{"value":"\#(part)"}}"#] {
                    let error = #expect(throws: UnreadableTokens.self) {
                        try TokenDiscovery.read(Data(text.utf8), now: Samples.now).single()
                    }
                    #expect(error?.description.hasSuffix("but is cut short.") == true)
                }
            }
        }
    }

    @Test(
        "Input without tokens is refused in a sentence that repeats none of it",
        arguments: refusals)
    func refused(bytes: Data, sentence: String) throws {
        let error = try #require(
            #expect(throws: UnreadableTokens.self) { try TokenDiscovery.read(bytes, now: Samples.now).single() })
        #expect(error.description.contains(sentence), "\(error)")
        #expect(!error.description.contains("s3"))
    }

    @Test(
        "A container without tokens is recognized",
        arguments: [
            (#"{"log":{"entries":[]}}"#, "HAR file"), (#"{"log":{"entries":[1,null,{},{"request":[]}]}}"#, "HAR file"),
            (#"{"cookies":[],"origins":[]}"#, "Playwright storage state"),
            (#"{"cookies":[{"name":"a"},7],"origins":[{"localStorage":{}}]}"#, "Playwright storage state"),

            ("[]", "JSON list"),
        ])
    func empty(text: String, container: String) throws {
        let found = try TokenDiscovery.read(Data(text.utf8), now: Samples.now)
        #expect(found.container == container)
        #expect(found.findings.isEmpty)
        let error = #expect(throws: UnreadableTokens.self) { try found.single() }
        #expect(error?.description.hasPrefix("There are no tokens in this \(container).") == true)
    }

    @Test(
        "No damage to a container crashes the reader",
        arguments: ["recording.har", "storage-state.json", "cookies.txt"])
    func fuzz(file: String) throws {
        var random = SplitMix(state: 5)
        let whole = try Array(Data(contentsOf: Self.folder.appending(path: file)))
        let marks = Array("{}[]\":,\\%.\t\n;=\0\u{7F}".utf8)
        for _ in 0..<100 {
            var bytes = whole
            for _ in 0..<Int.random(in: 1...20, using: &random) {
                bytes[Int.random(in: 0..<bytes.count, using: &random)] = marks.randomElement(using: &random) ?? 0
            }
            bytes.removeLast(Int.random(in: 0..<bytes.count, using: &random))
            do {
                let found = try TokenDiscovery.read(Data(bytes), now: Samples.now)
                #expect(found.findings.allSatisfy { !$0.read.tokens.isEmpty && !$0.place.contains("JWS.") })
            } catch {
                #expect(!error.description.contains("JWS."))
            }
        }
    }
}
