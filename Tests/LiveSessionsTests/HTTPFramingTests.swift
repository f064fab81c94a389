import Testing
import VisitorSessions
import VisitorSessionsTesting

@testable import LiveSessions

@Suite("HTTP framing and exchanges")
struct HTTPFramingTests {
    private static func bytes(_ text: String) -> [UInt8] {
        Array(text.replacing("\n", with: "\r\n").utf8)
    }

    private static let requests =
        bytes(
            """
            POST /oauth2/token HTTP/1.1
            Host: www.wixapis.com
            Content-Length: 12

            {"a":"b\\n",}
            """)
        + bytes(
            """
            GET /ecom/v1/carts/current?x=1 HTTP/1.1
            Authorization: OauthNG.JWS.a.b.c

            HEAD /a HTTP/1.1

            POST /b HTTP/1.1
            Transfer-Encoding: chunked

            3
            abc
            0


            """)

    private static let responses =
        bytes(
            """
            HTTP/1.1 100 Continue

            HTTP/1.1 200 OK
            Content-Length: 5

            hello
            """)
        + bytes(
            """
            HTTP/1.1 401 Unauthorized
            Transfer-Encoding: chunked
            X-Wix-Request-Id: r-2

            4;ext=1
            abcd
            0
            Trailer: x

            HTTP/1.1 200 OK
            Content-Length: 4711

            HTTP/1.1 204 No Content


            """)

    /// The exchanges, with both streams cut into pieces.
    private func exchanges(cut: (Int) -> Int) -> [Exchange] {
        var tracker = ExchangeTracker(process: 7)
        var rest = Self.requests[...]
        while !rest.isEmpty {
            let part = rest.prefix(cut(rest.count))
            tracker.sent(part, at: .seconds(1))
            rest = rest.dropFirst(part.count)
        }
        rest = Self.responses[...]
        var found: [Exchange] = []
        while !rest.isEmpty {
            let part = rest.prefix(cut(rest.count))
            found += tracker.received(part, at: .seconds(2))
            rest = rest.dropFirst(part.count)
        }
        return found + tracker.close(at: .seconds(3))
    }

    private func check(_ found: [Exchange], _ comment: Comment) throws {
        try #require(found.count == 4, comment)
        #expect(found.map(\.method) == ["POST", "GET", "HEAD", "POST"], comment)
        #expect(found.map(\.path) == ["/oauth2/token", "/ecom/v1/carts/current", "/a", "/b"], comment)
        #expect(found.map(\.status) == [200, 401, 200, 204], comment)
        #expect(found.map(\.bytesReceived) == [5, 4, 0, 0], comment)
        #expect(found[0].responseBody == Array("hello".utf8), comment)
        #expect(found[1].accessToken?.reveal() == "OauthNG.JWS.a.b.c" && found[1].requestID == "r-2", comment)
        #expect(found.allSatisfy { !$0.isCut }, comment)
    }

    @Test("Exchanges are the same wherever the streams are split")
    func splits() throws {
        try check(exchanges { $0 }, "whole")
        for size in 1...60 { try check(exchanges { _ in size }, "\(size) bytes") }
        var random = SplitMix(state: 4)
        for round in 0..<200 { try check(exchanges { Int.random(in: 1...$0, using: &random) }, "round \(round)") }
    }

    @Test(
        "What isn't HTTP/1.1 makes a direction opaque",
        arguments: [
            "PRI * HTTP/2.0\n\n", "GET / HTTP/1.1\nTransfer-Encoding: gzip\n\n",
            "POST / HTTP/1.1\nContent-Length: -1\n\n",
            "POST / HTTP/1.1\nTransfer-Encoding: chunked\n\nxyz\n", "CONNECT a:443 HTTP/1.1\n\n",
            String(repeating: "a", count: 70_000),
        ])
    func opaque(text: String) {
        var framing = HTTPFraming()
        framing.feed(
            Self.bytes(text)[...], body: { $0.start.hasPrefix("CONNECT") ? .opaque : $0.announcedBody ?? .none }
        ) { _ in }
        #expect(framing.isOpaque)
    }

    @Test("A response that ends early is reported as cut, one without a length isn't")
    func cut() throws {
        for (response, isCut) in [("Content-Length: 10\n\nabc", true), ("\nabc", false)] {
            var tracker = ExchangeTracker(process: 1)
            tracker.sent(Self.bytes("GET / HTTP/1.1\n\n")[...], at: .zero)
            #expect(tracker.received(Self.bytes("HTTP/1.1 200 OK\n" + response)[...], at: .zero).isEmpty)
            #expect(tracker.close(at: .zero).map(\.isCut) == [isCut])
        }
    }

    @Test("Random bytes never stop the tracker")
    func randomBytes() {
        var random = SplitMix(state: 11)
        let alphabet = Array("GET POST HTTP/1.1 \r\n:;0123456789abcdefContent-LengthTransfer-Encodingchunked".utf8)
        for _ in 0..<2000 {
            var tracker = ExchangeTracker(process: 1)
            for _ in 0..<8 {
                let part = (0..<Int.random(in: 0...80, using: &random)).map { _ in
                    Bool.random(using: &random)
                        ? alphabet.randomElement(using: &random) ?? 0 : UInt8.random(in: 0...255, using: &random)
                }
                tracker.sent(part[...], at: .zero)
                _ = tracker.received(part[...], at: .zero)
            }
            _ = tracker.close(at: .zero)
        }
    }
}
