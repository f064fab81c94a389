import DevelopmentIssuer
import Foundation
import Testing

/// Requests that no well-behaved client sends.
@Suite struct LoopbackServerTests {
    private static let anonymous = #"{"clientId":"\#(TestIssuer.clientID)","grantType":"anonymous"}"#

    private func post(_ path: String, _ body: String, headers: String...) -> String {
        (["POST \(path) HTTP/1.1"] + headers + ["Content-Length: \(body.utf8.count)", "", body])
            .joined(separator: "\r\n")
    }

    private func status(_ issuer: TestIssuer, _ request: String) throws -> Int? {
        let connection = try RawConnection(port: issuer.port)
        connection.send(request)
        return connection.answer()?.status
    }

    @Test(
        "A request to a remote host name has no effect",
        arguments: ["evil.example", "evil.example:80", "127.0.0.1.evil.example", "[::2]", "0.0.0.0", "", "localhost:x"])
    func foreignHost(host: String) async throws {
        try await TestIssuer.with { issuer in
            let refresh = try await issuer.pair().refresh
            #expect(try status(issuer, post("/development/revoke", "", headers: "Host: \(host)")) == 421)
            #expect(try await issuer.renew(refresh).status == 200)
        }
    }

    @Test(
        "A remote web page can't revoke anything",
        arguments: [
            "https://evil.example", "http://localhost.evil.example", "null", "file://", "http://192.168.0.1:3000",
        ])
    func foreignOrigin(origin: String) async throws {
        try await TestIssuer.with { issuer in
            let refresh = try await issuer.pair().refresh
            let request = post("/development/revoke", "", headers: "Host: 127.0.0.1", "Origin: \(origin)")
            #expect(try status(issuer, request) == 403)
            #expect(try await issuer.renew(refresh).status == 200)
        }
    }

    @Test(
        "A local web page may call it and read the response",
        arguments: ["http://localhost:3000", "https://127.0.0.1:4321", "http://[::1]:8080"])
    func localOrigin(origin: String) async throws {
        try await TestIssuer.with { issuer in
            let connection = try RawConnection(port: issuer.port)
            connection.send(
                "OPTIONS /oauth2/token HTTP/1.1\r\nHost: localhost:\(issuer.port)\r\nOrigin: \(origin)\r\n"
                    + "Access-Control-Request-Method: POST\r\nAccess-Control-Request-Headers: content-type\r\n\r\n")
            let preflight = try #require(connection.answer())
            #expect(preflight.status == 204)
            #expect(preflight.head.contains("\r\nAccess-Control-Allow-Origin: \(origin)\r\n"))
            #expect(preflight.head.contains("\r\nAccess-Control-Allow-Headers: content-type\r\n"))
            connection.send(
                post("/oauth2/token", Self.anonymous, headers: "Host: localhost:\(issuer.port)", "Origin: \(origin)"))
            let answer = try #require(connection.answer())
            #expect(answer.status == 200)
            #expect(answer.head.contains("\r\nAccess-Control-Allow-Origin: \(origin)\r\n"))
        }
    }

    @Test("Headers are limited, and parsing takes linear time")
    func largeHeaders() async throws {
        try await TestIssuer.with { issuer in
            for header in [
                "X: \(String(repeating: "a", count: 1 << 18))", String(repeating: "X: a\r\n", count: 1 << 15),
            ] {
                let connection = try RawConnection(port: issuer.port)
                connection.send("GET /development/stats HTTP/1.1\r\nHost: localhost\r\n\(header)\r\n\r\n")
                // The server may have closed the connection before reading everything.
                #expect([431, nil].contains(connection.answer()?.status))
            }
            let connection = try RawConnection(port: issuer.port)
            connection.send(
                "GET /development/stats HTTP/1.1\r\nHost: localhost\r\nX: \(String(repeating: "a", count: 40_000))")
            #expect(connection.answer()?.status == 431)
        }
    }

    @Test(
        "Malformed requests are rejected",
        arguments: [
            "GET\r\nHost: localhost\r\n\r\n", "GET / HTTP/2.0\r\nHost: localhost\r\n\r\n",
            "GET / HTTP/1.1\r\nHost: localhost\r\n X: folded\r\n\r\n", "GET / HTTP/1.1\r\nHost: localhost\r\nX\r\n\r\n",
            "POST / HTTP/1.1\r\nHost: localhost\r\nContent-Length: 1\r\nContent-Length: 2\r\n\r\nab",
            "POST / HTTP/1.1\r\nHost: localhost\r\nContent-Length: 1\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n",
            "POST / HTTP/1.1\r\nHost: localhost\r\nContent-Length: -1\r\n\r\n",
            "POST / HTTP/1.1\r\nHost: localhost\r\nTransfer-Encoding: chunked\r\n\r\nzz\r\n",
            "GET / HTTP/1.1\r\nHost: localhost\r\nHost: evil.example\r\n\r\n",
        ])
    func malformed(request: String) async throws {
        try await TestIssuer.with { issuer in
            let found = try status(issuer, request)
            #expect(found == 400)
        }
    }

    @Test("Chunked bodies, trailers and Expect: 100-continue are supported")
    func chunks() async throws {
        try await TestIssuer.with { issuer in
            let connection = try RawConnection(port: issuer.port)
            let (first, second) = (Self.anonymous.prefix(20), Self.anonymous.dropFirst(20))
            connection.send(
                "POST /oauth2/token HTTP/1.1\r\nHost: localhost\r\nTransfer-Encoding: chunked\r\n"
                    + "Expect: 100-continue\r\n\r\n")
            #expect(connection.answer()?.status == 100)
            for chunk in [first, second] {
                connection.send("\(String(chunk.utf8.count, radix: 16));x=y\r\n\(chunk)\r\n")
            }
            connection.send("0\r\nX-Trailer: a\r\n\r\n")
            #expect(connection.answer()?.status == 200)
        }
    }

    @Test("Responses on one connection don't wait for acknowledgements")
    func keepAlive() async throws {
        try await TestIssuer.with { issuer in
            let clock = ContinuousClock()
            let request = post("/oauth2/token", Self.anonymous, headers: "Host: localhost")
            let connections = try (0..<21).map { _ in try RawConnection(port: issuer.port) }
            let apart = clock.measure {
                for connection in connections[1...] {
                    connection.send(request)
                    #expect(connection.answer()?.status == 200)
                }
            }
            let together = clock.measure {
                for _ in 0..<20 {
                    // The second response follows a first one that isn't acknowledged yet.
                    connections[0].send(request + request)
                    for _ in 0..<2 { #expect(connections[0].answer()?.status == 200) }
                }
            }
            // A delayed acknowledgement takes 40 ms; twenty of them would take far longer than twenty connections.
            #expect(together < apart * 4, "kept: \(together), new: \(apart)")
        }
    }

    @Test("Access tokens issued to one visitor within a second differ")
    func distinctTokens() async throws {
        try await TestIssuer.with { issuer in
            let (access, refresh) = try await issuer.pair()
            let tokens = [
                access, try await issuer.renew(refresh).text("access_token"),
                try await issuer.renew(refresh).text("access_token"),
            ]
            #expect(Set(tokens).count == 3)
        }
    }
}
