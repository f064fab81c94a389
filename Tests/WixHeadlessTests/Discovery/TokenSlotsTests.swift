import Foundation
import Testing
import VisitorSessions

@testable import WixHeadless

@Suite("Token slots") struct TokenSlotsTests {
    private static let access = Samples.accessToken
    private static let refresh = Samples.refreshToken

    /// Every reader, with a refresh token of the reader's kind in the slot.
    private static let readers: [(name: String, text: @Sendable (String) -> String)] = [
        ("SDK", { #"{"accessToken":{"value":"\#(access)","expiresAt":1},"refreshToken":{"value":"\#($0)"}}"# }),
        ("SDK half", { #"{"accessToken":{"value":"\#(access)","expiresAt":1},"refreshToken":"\#($0)"}"# }),
        ("client", { #"{"clientId":"c","tokens":{"refreshToken":{"value":"\#($0)","role":"visitor"}}}"# }),
        ("flat", { #"{"accessToken":"\#(access)","refreshToken":"\#($0)"}"# }),
        ("endpoint", { #"{"access_token":"\#(access)","refresh_token":"\#($0)"}"# }),
        ("alone", { #"{"value":"\#($0)","role":"visitor"}"# }),
        ("bare", { $0 }), ("header", { "Authorization: Bearer \($0)" }), ("lines", { "\(access)\n\($0)" }),
        ("cookie", { "Cookie: wix_refreshToken=\($0)" }), ("JSON list", { #"["\#($0)"]"# }),
        ("curl", { "curl https://a.example/ -H 'Authorization: \($0)' -b 'wix_refreshToken=\($0)'" }),
        ("cookies.txt", { "a.example\tTRUE\t/\tTRUE\t0\twixRefresh\t\($0)" }),
        (
            "storage",
            { #"{"origins":[{"origin":"o","localStorage":[{"name":"wixRefresh","value":"\#($0)"}]}]}"# }
        ),
        (
            "HAR",
            {
                """
                {"log":{"entries":[{"request":{"url":"https://www.wixapis.com/oauth2/token","headers":[
                {"name":"Authorization","value":"\($0)"},{"name":"Cookie","value":"wixRefresh=\($0)"}],
                "postData":{"text":"{\\"refreshToken\\":\\"\($0)\\"}"}},
                "response":{"content":{"text":"{\\"access_token\\":\\"a-1\\",\\"refresh_token\\":\\"\($0)\\"}"}}}]}}
                """
            }
        ),
    ]

    private func read(_ text: String) throws -> FoundTokens {
        try TokenDiscovery.read(Data(text.utf8), now: Samples.now)
    }

    @Test(
        "No reader takes a placeholder as a token",
        arguments: [
            "undefined", "NULL", "NaN", "true", "[REDACTED]", "[object Object]", "***", "<token>", "{{token}}",
            "$TOKEN",
            "${TOKEN}", "%TOKEN%", "xxxxxxxx", "JWS.eyJ...abc", "OauthNG.JWS.eyJ…abc", "your-token-here", "%22null%22",
        ])
    func placeholders(text: String) {
        for reader in Self.readers {
            guard let found = try? read(reader.text(text)) else { continue }
            for tokens in found.findings.map(\.read.tokens) {
                #expect(tokens.refreshToken == nil, "\(reader.name)")
                let access = tokens.accessToken?.value.reveal()
                #expect([nil, Self.access, "a-1"].contains(access), "\(reader.name)")
            }
        }
    }

    @Test("Every reader reads the same slot with a token in it")
    func readersRead() throws {
        for reader in Self.readers where reader.name != "SDK half" {
            #expect(try !read(reader.text(Self.refresh)).findings.isEmpty, "\(reader.name)")
        }
    }

    @Test("Placeholders are reported, and are the reason if nothing else is there")
    func said() throws {
        let half = try read(#"{"accessToken":"\#(Self.access)","refreshToken":"undefined"}"#).single()
        #expect(half.notes == ["refreshToken holds a placeholder instead of a token."])
        #expect(half.tokens.accessToken?.value.reveal() == Self.access)
        for text in [#"{"refreshToken":{"value":"undefined"}}"#, #"{"refreshToken":{"value":true}}"#] {
            let error = #expect(throws: UnreadableTokens.self) { try read(text).single() }
            #expect(error?.description == "refreshToken.value holds a placeholder instead of a token.")
        }
        let cookie = #expect(throws: UnreadableTokens.self) { try read("wix_refreshToken=undefined").single() }
        #expect(cookie?.description.contains("a placeholder") == true)
    }

    @Test("A token's own form decides what it is, not its slot")
    func forms() throws {
        func pair(_ access: String, _ refresh: String) throws -> ReadTokens {
            try read(#"{"accessToken":{"value":"\#(access)","expiresAt":0},"refreshToken":{"value":"\#(refresh)"}}"#)
                .single()
        }
        let swapped = try pair(Self.refresh, Self.access)
        #expect(swapped.tokens.accessToken?.value.reveal() == Self.access)
        #expect(swapped.tokens.refreshToken?.value.reveal() == Self.refresh)
        #expect(swapped.notes == ["The two tokens were swapped: their prefixes show which is which."])
        for (access, refresh) in [(Self.access, Self.access), ("", Self.access), ("null", Self.access)] {
            let read = try pair(access, refresh)
            #expect(read.tokens.accessToken?.value.reveal() == Self.access && read.tokens.refreshToken == nil)
            #expect(read.notes.contains("refreshToken.value holds an access token."))
        }
        for (access, refresh) in [(Self.refresh, Self.refresh), (Self.refresh, "")] {
            let read = try pair(access, refresh)
            #expect(read.tokens.refreshToken?.value.reveal() == Self.refresh && read.tokens.accessToken == nil)
        }
        #expect(try pair("same-1", "same-1").tokens.refreshToken == nil)
        for (access, refresh) in [("opaque-1", Self.access), (Self.refresh, "opaque-1")] {
            #expect(throws: UnreadableTokens.self) { try pair(access, refresh) }
        }
        let cookie = try read("wix_refreshToken=%7B%22value%22%3A%22\(Self.access)%22%2C%22role%22%3A%22visitor%22%7D")
            .single()
        #expect(cookie.tokens.refreshToken == nil && cookie.shape == "access token")
    }

    @Test("One token of each kind in lines is a pair; adjacent tokens of several visitors are not")
    func lines() throws {
        let other = "JWS." + Samples.jwt("{}", #"{"data":"\"2\""}"#)
        let otherAccess = "OauthNG.JWS." + Samples.jwt("{}", #"{"data":"{\"instance\":{\"aid\":\"2\"}}"}"#)
        let pair = try read("\(Self.refresh)\n\n\(Self.access)\n\(Self.access)").single()
        #expect(pair.tokens.accessToken != nil && pair.tokens.refreshToken != nil)
        for lines in [
            [Self.access, otherAccess, Self.refresh, other], [Self.access, Self.refresh, otherAccess, other],
            [Self.access, Self.refresh, other], [Self.access, otherAccess.prefix(40) + "", Self.refresh],
        ] {
            let found = try read(lines.joined(separator: "\n"))
            #expect(
                found.findings.allSatisfy {
                    ($0.read.tokens.accessToken == nil) != ($0.read.tokens.refreshToken == nil)
                })
            #expect(found.notes.first?.contains("none were paired") == true)
            let error = #expect(throws: UnreadableTokens.self) { try found.single() }
            #expect(error?.description.contains("none were paired") == true)
        }
    }

    @Test("Setting tokens keeps good ones, and warns before a weaker token replaces one")
    func replacement() throws {
        let wix = try read("\(Self.access)\n\(Self.refresh)").single().tokens
        let (access, refresh) = (Tokens(accessToken: wix.accessToken), Tokens(refreshToken: wix.refreshToken))
        let opaque = Tokens(
            accessToken: AccessToken(Secret("a-2"), expiresAt: nil), refreshToken: RefreshToken(Secret("r-2")))

        #expect(TokenReplacement(of: Tokens(), by: wix).tokens == wix)
        let sameRefresh = TokenReplacement(of: wix, by: refresh)
        #expect(sameRefresh.tokens == wix && sameRefresh.keepsToken && sameRefresh.notes.isEmpty)
        let other = TokenReplacement(of: opaque, by: refresh)
        #expect(other.tokens == Tokens(accessToken: opaque.accessToken, refreshToken: wix.refreshToken))
        #expect(other.notes.count == 1 && other.warning == nil)

        let sameVisitor = TokenReplacement(of: wix, by: access)
        #expect(sameVisitor.tokens == wix && !sameVisitor.losesRefreshToken)
        #expect(TokenReplacement(of: wix, by: access, droppingRefreshToken: true).tokens == access)
        #expect(TokenReplacement(of: opaque, by: access).losesRefreshToken)
        #expect(TokenReplacement(of: wix, by: Tokens(accessToken: opaque.accessToken)).losesRefreshToken)

        let otherAccess = "OauthNG.JWS." + Samples.jwt("{}", #"{"data":"{\"instance\":{\"aid\":\"v2\"}}"}"#)
        let otherVisitor = try read("\(otherAccess)\n\(Self.refresh)").single().tokens
        #expect(
            TokenReplacement(of: wix, by: otherVisitor).notes
                == ["The access token belongs to another visitor: v2 replaces 7c9e01ab."])
        let otherRefresh = try read("JWS." + Samples.jwt("{}", #"{"aid":"v3"}"#)).single().tokens
        #expect(
            TokenReplacement(of: wix, by: otherRefresh).notes.last
                == "The refresh token belongs to another visitor: with the next renewal, v3 replaces 7c9e01ab.")

        #expect(TokenReplacement(of: wix, by: opaque).warning?.contains("tokens are Wix tokens") == true)
        let opaqueRefresh = TokenReplacement(of: wix, by: Tokens(refreshToken: opaque.refreshToken))
        #expect(opaqueRefresh.warning?.contains("refresh token is a Wix token") == true)
        #expect(TokenReplacement(of: opaque, by: wix).warning == nil)
    }
}
