import Foundation
import Testing
import VisitorSessions

@testable import WixHeadless

/// Tokens are written back in the form in which they were read.
@Suite("Writing tokens back") struct StoredTextTests {
    private static let now = Date(timeIntervalSince1970: 1_800_000_000)
    private static let old = Tokens(
        accessToken: AccessToken(Secret("OauthNG.JWS.a.b.old"), expiresAt: Date(timeIntervalSince1970: 1_800_000_100)),
        refreshToken: RefreshToken(Secret("JWS.a.b.old")))
    private static let new = Tokens(
        accessToken: AccessToken(Secret("OauthNG.JWS.c.d.new"), expiresAt: Date(timeIntervalSince1970: 1_800_009_900)),
        refreshToken: RefreshToken(Secret("JWS.c.d.new"), role: .member))

    struct Form: Sendable, CustomTestStringConvertible {
        var name: String

        /// The text with `A` and `R` for the tokens, `E` for the expiry in seconds, and `ROLE`.
        var text: String
        var wrap: @Sendable (String) -> String = { $0 }
        var testDescription: String { name }

        func text(_ tokens: Tokens) -> String {
            let seconds = tokens.accessToken?.expiresAt.map { String(Int($0.timeIntervalSince1970)) } ?? ""
            return wrap(
                text.replacing("‹A›", with: tokens.accessToken?.value.reveal() ?? "")
                    .replacing("‹R›", with: tokens.refreshToken?.value.reveal() ?? "")
                    .replacing("‹E›", with: seconds).replacing("‹ROLE›", with: tokens.role.rawValue))
        }
    }

    private static let sdk = #"""
        {"cart":"kept","accessToken":{"value":"‹A›","expiresAt":‹E›},"x":[1.50,null],"refreshToken":{"value":"‹R›","role":"‹ROLE›"}}
        """#
    private static let forms: [Form] = [
        Form(name: "raw JSON", text: sdk),
        Form(name: "percent-encoded", text: sdk) {
            $0.addingPercentEncoding(withAllowedCharacters: .alphanumerics.union(.init(charactersIn: "-_.!~*'()")))
                ?? ""
        },
        Form(name: "percent-encoded by encodeURI", text: sdk) {
            $0.addingPercentEncoding(
                withAllowedCharacters: .alphanumerics.union(.init(charactersIn: "-_.!~*'();/?:@&=+$,#"))) ?? ""
        },
        Form(name: "quoted", text: sdk) { JSONValue.string($0).text },
        Form(name: "base64", text: sdk) { Data($0.utf8).base64EncodedString() },
        Form(name: "base64url with a prefix", text: sdk + "") {
            "base64-"
                + Data($0.utf8).base64EncodedString().replacing("+", with: "-").replacing("/", with: "_")
                .replacing("=", with: "")
        },
        Form(name: "Express", text: "j:" + sdk),
        Form(
            name: "milliseconds",
            text: #"{"accessToken":"‹A›","refreshToken":"‹R›","expiresAt":‹E›000,"role":"‹ROLE›"}"#),
        Form(
            name: "with client",
            text:
                #"{"clientId":"c","tokens":{"accessToken":{"value":"‹A›","expiresAt":‹E›},"refreshToken":{"value":"‹R›","role":"‹ROLE›"}}}"#
        ),
        Form(
            name: "nested in a string",
            text: #"{"state":"{\"v\":{\"accessToken\":\"‹A›\",\"refreshToken\":\"‹R›\"}}","version":0}"#),
        Form(name: "refresh token alone", text: #"{"value":"‹R›","role":"‹ROLE›"}"#),
        Form(name: "bare access token", text: "‹A›"),
        Form(name: "bare refresh token, quoted", text: "\"‹R›\""),
    ]

    @Test("Only the tokens, their expiry and role change", arguments: forms)
    func roundTrip(form: Form) throws {
        let stored = try #require(try StoredText(form.text(Self.old), now: Self.now))
        #expect(try stored.replacing(with: Self.new, now: Self.now).reveal() == form.text(Self.new))
        #expect(try stored.replacing(with: stored.tokens, now: Self.now).reveal() == form.text(Self.old))
    }

    @Test(
        "A signed value is refused, with the reason",
        arguments: [
            "s:\(sdkOld).0123456789abcdefghijklmnopqrstuvwxyz", "\(sdkOld).0123456789abcdefghijklmnopqrstuvwxyz",
            Data(sdkOld.utf8).base64EncodedString() + ".0123456789abcdefghijklmnopqrstuvwxyz",
        ])
    func signed(text: String) throws {
        let error = #expect(throws: UnreadableTokens.self) { try StoredText(text, now: Self.now) }
        #expect(error?.description.contains("signed") == true)
    }

    private static let sdkOld = Form(name: "", text: sdk).text(old)

    @Test(
        "What holds no tokens is left alone",
        arguments: ["", "dark", "{}", "%7B%7D", "[1]", "eyJ0aGVtZSI6ImRhcmsifQ=="])
    func others(text: String) throws {
        #expect(try StoredText(text, now: Self.now) == nil)
    }

    @Test("A template has the form, and neither tokens nor other text", arguments: forms)
    func template(form: Form) throws {
        let stored = try #require(try StoredText(form.text(Self.old), now: Self.now))
        let text = try #require(stored.template(now: Self.now))
        let template = try #require(try StoredText(text, now: Self.now))
        let written = try template.replacing(with: Self.new, now: Self.now).reveal()
        #expect(!written.contains("kept") && !text.contains(".old"))
        let read = try #require(try StoredText(written, now: Self.now)).tokens
        #expect(read.accessToken?.value == stored.tokens.accessToken.map { _ in Secret("OauthNG.JWS.c.d.new") })
        #expect(read.refreshToken?.value == stored.tokens.refreshToken.map { _ in Secret("JWS.c.d.new") })
    }

    @Test("A script for the console has the place's name, form and attributes, quoted for JavaScript")
    func script() throws {
        let item = TokenPlace(origin: "", kind: .local, name: #"a"b\\"#, attributes: "", form: #""OauthNG.JWS.s.s.s""#)
        let attributes = #"{"path":"/shop","domain":".site.example","secure":true,"chunks":3,"chunkSize":12}"#
        let cookie = TokenPlace(
            origin: "", kind: .cookie, name: "auth", attributes: attributes, form: "OauthNG.JWS.s.s.s")
        let access = Tokens(accessToken: AccessToken(Secret("OauthNG.JWS.c.d.n"), expiresAt: nil))
        let script = BrowserScript.text(setting: access, at: [item, cookie], otherwise: .local, now: Self.now)
        let rest = "; path=/shop; domain=.site.example; secure"
        #expect(
            script?.reveal() == #"""
                localStorage.setItem("a\"b\\\\", "\"OauthNG.JWS.c.d.n\"");
                document.cookie = "auth.0=OauthNG.JWS.\#(rest)";
                document.cookie = "auth.1=c.d.n\#(rest)";
                document.cookie = "auth.2=\#(rest); max-age=0";
                """#)
        let hostile = TokenPlace(
            origin: "", kind: .cookie, name: "auth", attributes: #"{"chunks":1e300,"chunkSize":1e300}"#,
            form: "OauthNG.JWS.s.s.s")
        let whole = BrowserScript.text(setting: access, at: [hostile], otherwise: .local, now: Self.now)
        #expect(whole?.reveal() == #"document.cookie = "auth=OauthNG.JWS.c.d.n; path=/";"#)
        let usual = try #require(BrowserScript.text(setting: Self.new, at: [], otherwise: .cookie, now: Self.now))
        #expect(usual.reveal().hasPrefix(#"document.cookie = "wix-session=%7B"#))
    }
}
