import Foundation
import Testing
import VisitorSessions
import VisitorSessionsTesting

@testable import LiveSessions

@Suite("Tokens on the wire")
struct RequestRewriterTests {
    private static let call =
        "GET /ecom/v1/carts/current?x=1 HTTP/1.1\r\nHost: a\r\nauthorization:  Bearer old-access\r\nX: é\r\n\r\n"
    private static let upload =
        "POST /a HTTP/1.1\r\nAuthorization: old-access\r\nTransfer-Encoding: chunked\r\n\r\n3\r\nabc\r\n0\r\n\r\n"
    private static let renewal =
        renewal(#"{"refreshToken":"old-refresh","x":[1.50],"grantType":"refresh_token"}"#)
    private static let plain = "HEAD /b HTTP/1.1\r\nAuthorization: another\r\n\r\n"

    private static func renewal(_ body: String, head: String? = nil) -> String {
        "POST /oauth2/token HTTP/1.1\r\n\(head ?? "Content-Length: \(body.utf8.count)\r\nHost: a")\r\n\r\n\(body)"
    }

    /// What reaches the server, and what the application gets at once, with the requests cut into pieces.
    private func result(
        of text: String, _ rules: [String: TokenRule], cut: (Int) -> Int = { $0 }
    ) -> (sent: String, responses: [String], original: String) {
        var rewriter = RequestRewriter()
        var rest = Array(text.utf8)[...]
        var (sent, original): ([UInt8], [UInt8]) = ([], [])
        var responses: [String] = []
        func step() {
            while let step = rewriter.next({ rules[$0.value.reveal()] ?? .pass }) {
                switch step {
                case .pass(let bytes): (sent, original) = (sent + bytes, original + bytes)
                case .substitute(let bytes, let old, _): (sent, original) = (sent + bytes, original + old)
                case .drop(let bytes): original += bytes
                case .refuse(let bytes, let response):
                    original += bytes
                    responses.append(String(decoding: response, as: UTF8.self))
                case .wait: Issue.record("every rule is known")
                }
            }
        }
        while !rest.isEmpty {
            let part = rest.prefix(cut(rest.count))
            rewriter.add(part)
            step()
            rest = rest.dropFirst(part.count)
        }
        rewriter.close()
        step()
        return (String(decoding: sent, as: UTF8.self), responses, String(decoding: original, as: UTF8.self))
    }

    /// Every split at one byte, every size of pieces, and random ones.
    private func cuts(of text: String) -> [(Int) -> Int] {
        let count = text.utf8.count
        let single: [(Int) -> Int] = (1..<count).map { first in { rest in rest == count ? first : rest } }
        let even: [(Int) -> Int] = (1...60).map { size in { _ in size } }
        return single + even
    }

    @Test("Both tokens are replaced wherever the requests are split, and the length of the body is adapted")
    func replaced() {
        let text = Self.call + Self.renewal + Self.upload + Self.plain
        let rules: [String: TokenRule] = [
            "old-access": .replace(with: Secret("a-new-access-token")), "old-refresh": .replace(with: Secret("r\"2")),
        ]
        let body = #"{"refreshToken":"r\"2","x":[1.50],"grantType":"refresh_token"}"#
        let expected =
            Self.call.replacing("old-access", with: "a-new-access-token")
            + Self.renewal(body, head: "Host: a\r\nContent-Length: \(body.utf8.count)")
            + Self.upload.replacing("old-access", with: "a-new-access-token") + Self.plain
        for cut in cuts(of: text) {
            let result = result(of: text, rules, cut: cut)
            #expect(result.sent == expected && result.responses.isEmpty && result.original == text)
        }
    }

    @Test("A refused request is dropped with its body, and the next one passes")
    func refused() {
        let text = Self.upload + Self.renewal + Self.plain
        for cut in cuts(of: text) {
            let result = result(
                of: text, ["old-access": .refuse(.discarded), "old-refresh": .refuse(.discarded)], cut: cut)
            #expect(result.sent == Self.plain && result.original == text)
            #expect(result.responses.map { $0.prefix(12) } == ["HTTP/1.1 401", "HTTP/1.1 400"])
            #expect(result.responses.last?.contains(#""error":"invalid_grant""#) == true)
        }
    }

    @Test(
        "What needs no change passes byte for byte",
        arguments: [
            call + renewal + upload + plain, "PRI * HTTP/2.0\r\n\r\nold-access",
            "CONNECT a:443 HTTP/1.1\r\n\r\nold-refresh",
            "POST /oauth2/token HTTP/1.1\r\nContent-Length: 9\r\n\r\nhalf", "GET / HTTP/1.1\r\nAuthor",
            renewal(String(repeating: "x", count: 70_000)),
            "POST /oauth2/token HTTP/1.1\r\nTransfer-Encoding: chunked\r\n\r\nzz\r\n",
            "POST /oauth2/token HTTP/1.1\r\nTransfer-Encoding: chunked\r\n\r\n5\r\n{\"a\":\r\n2\r\n1}\r\n0\r\nT: 1\r\n\r\n"
                + plain,
        ])
    func unchanged(text: String) {
        for size in [1, 7, 4096, 100_000] { #expect(result(of: text, [:]) { _ in size }.sent == text) }
    }

    @Test("A chunked body and a form are sent with their new length")
    func otherBodies() {
        let rules: [String: TokenRule] = ["old refresh": .replace(with: Secret("new+refresh"))]
        let form = "grant_type=refresh_token&refresh_token=old+refresh&x=%20"
        let sent = "grant_type=refresh_token&refresh_token=new%2Brefresh&x=%20"
        let expected = Self.renewal(sent, head: "Content-Length: \(sent.utf8.count)")
        let chunked = Self.renewal(
            "\(String(form.utf8.count, radix: 16))\r\n\(form)\r\n0\r\n\r\n", head: "Transfer-Encoding: chunked")
        #expect(result(of: chunked + Self.plain, rules).sent == expected + Self.plain)
        #expect(result(of: Self.renewal(form, head: "Content-Length: \(form.utf8.count)"), rules).sent == expected)
    }

    @Test("A request waits for the rule of its token, and what follows waits behind it")
    func waits() {
        var rewriter = RequestRewriter()
        rewriter.add(Array((Self.call + Self.plain).utf8)[...])
        #expect(rewriter.next { _ in nil } == .wait(UsedToken(value: Secret("old-access"), use: .call)))
        #expect(rewriter.pendingCount == (Self.call + Self.plain).utf8.count)
        #expect(rewriter.next { _ in .pass } == .pass(Array(Self.call.utf8)))
        #expect(rewriter.next { _ in .pass } == .pass(Array(Self.plain.utf8)))
        #expect(rewriter.next { _ in .pass } == nil)
    }

    @Test("Random bytes are never lost or changed")
    func randomBytes() {
        var random = SplitMix(state: 5)
        let parts = [
            "POST /oauth2/token", "GET /", " HTTP/1.1", "\r\n", "\n", ":", "Content-Length: 3", "Authorization: a",
            "Transfer-Encoding: chunked", "3", "abc", "0", "Expect: 100-continue", "é",
        ]
        for _ in 0..<2000 {
            let text = (0..<20).map { _ in parts.randomElement(using: &random) ?? "" }.joined()
            var sizes = random
            #expect(result(of: text, [:]) { Int.random(in: 1...$0, using: &sizes) }.sent == text)
        }
    }
}

@Suite("What happens to an application's tokens")
struct TokenSituationTests {
    private static func opened(_ name: String, isDiscarded: Bool = false) -> OpenedSession {
        let tokens = Tokens(
            accessToken: AccessToken(Secret("\(name)-access"), expiresAt: nil),
            refreshToken: RefreshToken(Secret("\(name)-refresh")))
        var session = VisitorSession(label: name, clientID: "client", tokens: tokens, at: .distantPast)
        if isDiscarded { session.discardedAt = .distantPast }
        return OpenedSession(session, tokens: tokens)
    }

    private struct Row: CustomStringConvertible, Sendable {
        var description: String
        var session: OpenedSession?
        var target: OpenedSession?
        var isForeign = false
        var isSetSince = false
        var call: TokenRule
        var renewal: TokenRule
    }

    private static func given(_ name: String) -> (call: TokenRule, renewal: TokenRule) {
        (.replace(with: Secret("\(name)-access")), .replace(with: Secret("\(name)-refresh")))
    }

    /// The application sends the tokens `old-access` and `old-refresh`.
    private static let rows = [
        Row(description: "no session is known", call: .pass, renewal: .pass),
        Row(description: "the session holds them", session: opened("old"), call: .pass, renewal: .pass),
        Row(
            description: "another process has renewed the session", session: opened("new"), call: .pass,
            renewal: given("new").renewal),
        Row(
            description: "the session's tokens were set before the run", session: opened("new"), isSetSince: true,
            call: .pass, renewal: .pass),
        Row(
            description: "the session's tokens were set", session: opened("new"), target: opened("new"),
            isSetSince: true, call: given("new").call, renewal: given("new").renewal),
        Row(
            description: "another session is substituted", session: opened("old"), target: opened("other"),
            call: given("other").call, renewal: given("other").renewal),
        Row(
            description: "a substitution was withdrawn after a renewal", session: opened("own"), isForeign: true,
            call: given("own").call, renewal: given("own").renewal),
        Row(
            description: "the session is discarded", session: opened("old", isDiscarded: true),
            call: .refuse(.discarded),
            renewal: .refuse(.discarded)),
        Row(
            description: "the session is discarded while another is substituted",
            session: opened("old", isDiscarded: true), target: opened("other"), call: .refuse(.discarded),
            renewal: .refuse(.discarded)),
        Row(
            description: "the substituted session is discarded", session: opened("old"),
            target: opened("other", isDiscarded: true), call: .refuse(.discarded), renewal: .refuse(.discarded)),
        Row(
            description: "the substituted session has no tokens", session: opened("old"),
            target: OpenedSession(opened("other").session, tokens: Tokens()), call: .refuse(.noToken),
            renewal: .refuse(.noToken)),
    ]

    @Test("Both tokens follow what was done to the session", arguments: rows)
    private func rules(row: Row) {
        for (use, value, rule) in [
            (UsedToken.Use.call, "old-access", row.call), (.renewal, "old-refresh", row.renewal),
        ] {
            let situation = TokenSituation(
                token: UsedToken(value: Secret(value), use: use), session: row.session, target: row.target,
                isForeign: row.isForeign, isSetSince: row.isSetSince)
            #expect(situation.rule == rule)
        }
    }
}
