import Foundation
import TestProcesses
import Testing
import VisitorSessions
import WixHeadless

/// Whatever an issuer sends, the adapter parses it or throws a typed error within the deadline.
@Suite struct HostileResponseTests {
    private static let folder = URL(filePath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
        .appending(path: "Fixtures/HTTP")

    private static let pair = #"{"access_token":"a.b.c","token_type":"Bearer","expires_in":14400,"refresh_token":"r"}"#

    /// Asks an issuer that sends `bytes` and closes the connection.
    private func outcome(of bytes: Data) async throws -> Result<IssuedTokens, IssuerError> {
        let server = try CannedServer(bytes: bytes)
        let transport = CurlTransport(timeout: .seconds(20))
        let issuer = WixTokenIssuer(url: try IssuerURL("http://127.0.0.1:\(server.port)"), transport: transport)
        do {
            return .success(try await issuer.renew(RefreshToken(Secret("JWS.a.b.c")), clientID: Samples.clientID))
        } catch {
            return .failure(error)
        }
    }

    @Test(
        "A recorded, slightly invalid response parses or fails cleanly",
        arguments: try FileManager.default.contentsOfDirectory(atPath: folder.path).sorted())
    func recorded(name: String) async throws {
        let outcome = try await outcome(of: Data(contentsOf: Self.folder.appending(path: name)))
        guard case .failure(let error) = outcome else { return }
        #expect(error.mayHaveTakenEffect || error.status != nil, "\(error.debugDescription)")
        #expect(error.message.unicodeScalars.allSatisfy { $0.value >= 0x20 && $0.value != 0x7F })
    }

    @Test("Trailers don't replace headers")
    func trailers() async throws {
        let size = String(Self.pair.utf8.count, radix: 16)
        let answer = """
            HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\nx-wix-request-id: head\r\nTrailer: x-wix-request-id\r\n\r
            \(size)\r\n\(Self.pair)\r\n0\r\nx-wix-request-id: trailer\r\nX-Checksum: 1\r\n\r\n
            """
        let issued = try await outcome(of: Data(answer.utf8)).get()
        #expect(issued.requestID == "head")
        #expect(issued.accessToken.value == Secret("a.b.c"))
    }

    @Test("Status lines without a reason and 8-bit headers are accepted")
    func lenientHeads() async throws {
        for line in [
            "HTTP/1.1 200\r\n", "HTTP/1.1 200 \r\n", "HTTP/1.0 200 OK\r\n", "HTTP/1.1 200 OK\r\nX: \u{80}é\r\n",
        ] {
            var bytes = Data(line.utf8)
            bytes.append(contentsOf: [UInt8(ascii: "Y"), UInt8(ascii: ":"), 0xE9, 0xFF, 0x0D, 0x0A])
            bytes.append(contentsOf: Data("Content-Length: \(Self.pair.utf8.count)\r\n\r\n\(Self.pair)".utf8))
            let outcome = try await outcome(of: bytes)
            #expect(throws: Never.self) { _ = try outcome.get() }
        }
    }

    @Test("A password challenge fails at once")
    func passwordRequest() async throws {
        let answer = "HTTP/1.1 401 No\r\nWWW-Authenticate: Basic realm=\"x\"\r\nContent-Length: 2\r\n\r\n{}"
        guard case .failure(let error) = try await outcome(of: Data(answer.utf8)) else {
            Issue.record("The response was rejected.")
            return
        }
        #expect(error.status == 401)
    }

    @Test("A response truncated at any byte is a lost connection, nothing worse")
    func prefixes() async throws {
        let answer = Data(
            "HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nContent-Length: \(Self.pair.utf8.count)\r\n\r\n\(Self.pair)"
                .utf8)
        for count in 0..<answer.count {
            guard case .failure(let error) = try await outcome(of: answer.prefix(count)) else {
                Issue.record("\(count) bytes were taken for a whole answer.")
                continue
            }
            #expect(error.kind == .transient && error.mayHaveTakenEffect, "after \(count) bytes")
        }
        let whole = try await outcome(of: answer)
        #expect(throws: Never.self) { _ = try whole.get() }
    }

    @Test("Endless headers are rejected at the limit")
    func endlessHeaders() async throws {
        let server = try CannedServer(
            bytes: Data("HTTP/1.1 200 OK\r\n".utf8),
            repeating: Data("X-Field: \(String(repeating: "a", count: 80))\r\n".utf8),
            times: 100_000)
        let error = await #expect(throws: HTTPTransportError.self) {
            _ = try await CurlTransport().send(HTTPRequest("GET", try server.url))
        }
        #expect(error?.kind == .oversize && error?.mayHaveReachedServer == true)
    }
}
