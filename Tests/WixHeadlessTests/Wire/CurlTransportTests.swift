import DevelopmentIssuer
import Foundation
import TestProcesses
import Testing
import VisitorSessions
import WixHeadless

@Suite struct CurlTransportTests {
    private func failure(_ url: URL, timeout: Duration = .seconds(20)) async throws -> HTTPTransportError {
        try #require(
            await #expect(throws: HTTPTransportError.self) {
                _ = try await CurlTransport(timeout: timeout).send(HTTPRequest("GET", url))
            })
    }

    private func answer(_ lines: String..., body: String = "") -> String {
        (lines + ["Content-Length: \(body.utf8.count)", "", body]).joined(separator: "\r\n")
    }

    @Test("Requests and responses are passed on unchanged")
    func exchange() async throws {
        let server = try CannedServer(answer("HTTP/1.1 418 No", "X-Wix-Request-ID: r1", body: "{}"))
        let request = HTTPRequest(
            "POST", try server.url.appending(path: "a"),
            headers: [("X-One", "1"), ("Content-Type", "application/json")],
            body: Data(#"{"a":1}"#.utf8))
        let response = try await CurlTransport().send(request)
        #expect(response.status == 418)
        #expect(response.header("x-wix-request-id") == "r1")
        #expect(response.header("absent") == nil)
        #expect(response.body == Data("{}".utf8))
        let received = try #require(server.requests.first)
        #expect(received.hasPrefix("POST /a HTTP/1.1\r\n"))
        #expect(received.contains("X-One: 1\r\n"))
        #expect(received.contains("Content-Type: application/json\r\n"))
    }

    @Test("A redirect is returned and never followed", arguments: [301, 302, 303, 307, 308])
    func redirects(status: Int) async throws {
        let target = try CannedServer(answer("HTTP/1.1 200 OK", body: "stolen"))
        let server = try CannedServer(answer("HTTP/1.1 \(status) Moved", "Location: \(try target.url)", body: "moved"))
        let response = try await CurlTransport().send(
            HTTPRequest("POST", try server.url, body: Data("secret".utf8)))
        #expect(response.status == status)
        #expect(target.requests.isEmpty)
        #expect(server.requests.count == 1)
    }

    @Test("Cookies aren't sent back")
    func cookies() async throws {
        let server = try CannedServer(answer("HTTP/1.1 200 OK", "Set-Cookie: a=b; Path=/", "Cache-Control: max-age=99"))
        let transport = CurlTransport()
        for _ in 0..<2 { _ = try await transport.send(HTTPRequest("GET", try server.url)) }
        #expect(server.requests.count == 2)
        #expect(server.requests.allSatisfy { !$0.lowercased().contains("\r\ncookie:") })
    }

    @Test("A response of 1 MiB is accepted, and one byte more is rejected")
    func responseLimit() async throws {
        let limit = CurlTransport.responseLimit
        let largest = try CannedServer(answer("HTTP/1.1 200 OK", body: String(repeating: "a", count: limit)))
        #expect(try await CurlTransport().send(HTTPRequest("GET", try largest.url)).body.count == limit)
        let larger = try CannedServer(answer("HTTP/1.1 200 OK", body: String(repeating: "a", count: limit + 1)))
        let error = try await failure(try larger.url)
        #expect(error.kind == .oversize)
        #expect(error.mayHaveReachedServer)
    }

    @Test("The limit applies to responses of unknown length")
    func endlessAnswer() async throws {
        let server = try CannedServer("HTTP/1.1 200 OK\r\n\r\n" + String(repeating: "a", count: 3 << 20))
        #expect(try await failure(try server.url).kind == .oversize)
    }

    /// A TCP socket with a port of its own on which it doesn't listen.
    private func boundSocket() throws -> (descriptor: Int32, port: UInt16) {
        let descriptor = socket(AF_INET, Int32(SOCK_STREAM.rawValue), 0)
        var address = loopback(port: 0)
        var size = socklen_t(MemoryLayout<sockaddr_in>.size)
        let isBound = withUnsafeMutablePointer(to: &address) { pointer in
            pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) {
                bind(descriptor, $0, size) == 0 && getsockname(descriptor, $0, &size) == 0
            }
        }
        try #require(isBound)
        return (descriptor, UInt16(bigEndian: address.sin_port))
    }

    private func loopback(port: UInt16) -> sockaddr_in {
        var address = sockaddr_in()
        address.sin_family = sa_family_t(AF_INET)
        address.sin_addr.s_addr = UInt32(INADDR_LOOPBACK).bigEndian
        address.sin_port = port.bigEndian
        return address
    }

    @Test("A refused connection hasn't reached the server")
    func refusedConnection() async throws {
        let (descriptor, port) = try boundSocket()
        defer { close(descriptor) }
        let error = try await failure(try #require(URL(string: "http://127.0.0.1:\(port)/")))
        #expect(error.kind == .refusedConnection)
        #expect(!error.mayHaveReachedServer)
        #expect(error.message == "Can't connect to 127.0.0.1:\(port): connection refused.")
    }

    #if os(Linux)
        @Test("A server that doesn't accept connections has its own, shorter time-out and wasn't reached")
        func connectTimeout() async throws {
            let (listener, port) = try boundSocket()
            defer { close(listener) }
            try #require(listen(listener, 0) == 0)
            // Linux queues one connection, and doesn't answer the next one.
            let first = socket(AF_INET, Int32(SOCK_STREAM.rawValue), 0)
            defer { close(first) }
            var address = loopback(port: port)
            let isConnected = withUnsafePointer(to: &address) { pointer in
                pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) {
                    connect(first, $0, socklen_t(MemoryLayout<sockaddr_in>.size)) == 0
                }
            }
            try #require(isConnected)
            let url = try #require(URL(string: "http://127.0.0.1:\(port)/"))
            let transport = CurlTransport(timeout: .seconds(5), connectTimeout: .milliseconds(100))
            let error = await #expect(throws: HTTPTransportError.self) {
                _ = try await transport.send(HTTPRequest("GET", url))
            }
            #expect(error?.kind == .timedOut && error?.mayHaveReachedServer == false)
            #expect(error?.message == "127.0.0.1:\(port) didn't accept a connection in time.")
        }
    #endif

    @Test("An unresolvable name hasn't reached the server")
    func unknownHost() async throws {
        let error = try await failure(try #require(URL(string: "http://nowhere.invalid/")))
        #expect(error.kind == .unknownHost)
        #expect(!error.mayHaveReachedServer)
    }

    @Test("A failed TLS handshake hasn't reached the server")
    func untrusted() async throws {
        let server = try CannedServer(answer("HTTP/1.1 200 OK"))
        let error = try await failure(try #require(URL(string: "https://127.0.0.1:\(server.port)/")))
        #expect(error.kind == .untrusted)
        #expect(!error.mayHaveReachedServer)
    }

    @Test("SSL_CERT_FILE names the trusted certificates")
    func certificateFile() async throws {
        let server = try CannedServer(answer("HTTP/1.1 200 OK"))
        let url = try #require(URL(string: "https://127.0.0.1:\(server.port)/"))
        let transport = CurlTransport(environment: ["SSL_CERT_FILE": "/nonexistent/certificates.pem"])
        let error = await #expect(throws: HTTPTransportError.self) {
            _ = try await transport.send(HTTPRequest("GET", url))
        }
        #expect(error?.kind == .untrusted)
        #expect(error?.message.hasPrefix("The trusted certificates can't be read.") == true)
    }

    @Test("A silent server times out and may have been reached")
    func timeout() async throws {
        let server = try CannedServer()
        let error = try await failure(try server.url, timeout: .milliseconds(500))
        #expect(error.kind == .timedOut)
        #expect(error.mayHaveReachedServer)
    }

    @Test(
        "A truncated response is a lost connection", arguments: ["HTTP/1.1 200 OK\r\nContent-Length: 99\r\n\r\n{", ""])
    func truncated(bytes: String) async throws {
        let server = try CannedServer(bytes)
        let error = try await failure(try server.url)
        #expect(error.kind == .lostConnection)
        #expect(error.mayHaveReachedServer)
    }

    @Test("A response that isn't HTTP may have come from the server")
    func garbage() async throws {
        let server = try CannedServer("garbage\r\n\r\n")
        let error = try await failure(try server.url)
        #expect(error.kind == .lostConnection)
        #expect(error.mayHaveReachedServer)
    }

    @Test("Only http and https URLs are accepted", arguments: ["file:///etc/passwd", "ftp://127.0.0.1/", "x"])
    func unsendable(address: String) async throws {
        #expect(try await failure(try #require(URL(string: address))).kind == .unsendable)
    }

    @Test("Header values with control characters are rejected", arguments: ["a\r\nX: y", "a\nb", "\0"])
    func brokenField(value: String) async throws {
        let server = try CannedServer(answer("HTTP/1.1 200 OK"))
        let request = HTTPRequest("GET", try server.url, headers: [("Authorization", value)])
        let error = await #expect(throws: HTTPTransportError.self) { _ = try await CurlTransport().send(request) }
        #expect(error?.kind == .unsendable)
        #expect(server.requests.isEmpty)
    }

    @Test("A request isn't resent if the server closes the connection")
    func noResend() async throws {
        let server = try CannedServer(answer("HTTP/1.1 200 OK"), ending: .closesOnNextRequest)
        let transport = CurlTransport()
        let request = HTTPRequest("POST", try server.url, body: Data("{}".utf8))
        for _ in 0..<3 { #expect(try await transport.send(request).status == 200) }
        #expect(server.requests.count == 3)
    }

    @Test("Cancelling ends an exchange in flight")
    func cancelling() async throws {
        let server = try CannedServer()
        let url = try server.url
        let task = Task { try await CurlTransport().send(HTTPRequest("GET", url)) }
        await Task.yield()
        task.cancel()
        let error = await #expect(throws: HTTPTransportError.self) { _ = try await task.value }
        #expect(error?.kind == .cancelled)
    }

    @Test("A request cancelled before it's sent hasn't reached the server")
    func cancelledBefore() async throws {
        let server = try CannedServer(answer("HTTP/1.1 200 OK"))
        let url = try server.url
        let task = Task {
            withUnsafeCurrentTask { $0?.cancel() }
            return try await CurlTransport().send(HTTPRequest("GET", url))
        }
        let error = await #expect(throws: HTTPTransportError.self) { _ = try await task.value }
        #expect(error?.kind == .cancelled)
        #expect(error?.mayHaveReachedServer == false)
        #expect(server.requests.isEmpty)
    }

    @Test("Concurrent exchanges on one transport don't mix")
    func concurrency() async throws {
        let server = DevelopmentIssuerServer()
        let url = try IssuerURL("http://127.0.0.1:\(try await server.start())")
        let issuer = WixTokenIssuer(url: url, transport: CurlTransport())
        let visitors = try await withThrowingTaskGroup(of: String?.self) { group in
            for _ in 0..<200 {
                group.addTask { try await issuer.generate(clientID: Samples.clientID).accessToken.visitorID }
            }
            return try await group.reduce(into: Set<String?>()) { $0.insert($1) }
        }
        #expect(visitors.count == 200)
        #expect(!visitors.contains(nil))
        await server.stop()
    }

    @Test("IPv6 loopback addresses work")
    func ipv6() async throws {
        let server: CannedServer
        do {
            server = try CannedServer(bytes: Data(answer("HTTP/1.1 200 OK", body: "{}").utf8), isIPv6: true)
        } catch {
            try Test.cancel("This machine has no IPv6 loopback.")
        }
        #expect(try await CurlTransport().send(HTTPRequest("GET", try server.url)).status == 200)
        #expect(throws: Never.self) { _ = try IssuerURL("http://[::1]:\(server.port)") }
    }

    @Test("Closing a transport cancels its exchanges and rejects new ones")
    func closing() async throws {
        let (arrivals, arrival) = AsyncStream.makeStream(of: Void.self)
        let server = try CannedServer(bytes: Data(), ending: .stays) { arrival.yield() }
        let url = try server.url
        let transport = CurlTransport()
        let task = Task { try await transport.send(HTTPRequest("GET", url)) }
        for await _ in arrivals { break }
        transport.close()
        let error = await #expect(throws: HTTPTransportError.self) { _ = try await task.value }
        #expect(error?.kind == .cancelled && error?.mayHaveReachedServer == true)
        let later = await #expect(throws: HTTPTransportError.self) {
            _ = try await transport.send(HTTPRequest("GET", url))
        }
        #expect(later?.kind == .cancelled && later?.mayHaveReachedServer == false)
        #expect(server.requests.count == 1)
    }

    @Test("A request may set a shorter time limit than its transport")
    func timeLimit() async throws {
        let server = try CannedServer()
        var request = HTTPRequest("GET", try server.url)
        request.timeLimit = .milliseconds(200)
        let error = await #expect(throws: HTTPTransportError.self) { _ = try await CurlTransport().send(request) }
        #expect(error?.kind == .timedOut)
    }

    // MARK: Streams

    @Test("A stream delivers its head first, then its body in pieces")
    func stream() async throws {
        let piece = Data(repeating: 7, count: 1 << 20)
        let server = try CannedServer(
            bytes: Data("HTTP/1.1 200 OK\r\nX-A: b\r\n\r\n".utf8), repeating: piece, times: 64)
        let stream = try await CurlTransport().open(HTTPRequest("GET", try server.url))
        #expect(stream.head.status == 200 && stream.head.header("x-a") == "b")
        var total = 0
        while let piece = try await stream.next() { total += piece.count }
        #expect(total == 64 << 20)
    }

    @Test("A reader that pauses stops the sender")
    func slowReader() async throws {
        let piece = Data(repeating: 7, count: 1 << 20)
        let server = try CannedServer(bytes: Data("HTTP/1.1 200 OK\r\n\r\n".utf8), repeating: piece, times: 256)
        let stream = try await CurlTransport().open(HTTPRequest("GET", try server.url))
        // Wait until the system's buffers and ours are full.
        var (last, rests) = (-1, 0)
        while rests < 20 {
            try await ContinuousClock().sleep(for: .milliseconds(10))
            rests = server.sentCount == last ? rests + 1 : 0
            last = server.sentCount
        }
        #expect(last < 32 << 20)
        var total = 0
        while let piece = try await stream.next() { total += piece.count }
        #expect(total == 256 << 20)
    }

    @Test("A broken stream throws after delivering what arrived")
    func brokenStream() async throws {
        let server = try CannedServer("HTTP/1.1 200 OK\r\nContent-Length: 99\r\n\r\nabc")
        let stream = try await CurlTransport().open(HTTPRequest("GET", try server.url))
        var received = Data()
        let error = await #expect(throws: HTTPTransportError.self) {
            while let piece = try await stream.next() { received.append(piece) }
        }
        #expect(error?.kind == .lostConnection)
        #expect(received == Data("abc".utf8))
    }

    @Test("A file body is sent completely, each time it's used")
    func upload() async throws {
        let file = FileManager.default.temporaryDirectory.appending(path: UUID().uuidString)
        defer { unlink(file.path) }
        // From 1 MiB on, libcurl would ask first (`Expect: 100-continue`), and resend after a refusal.
        let text = String(repeating: "0123456789", count: 110_000)
        try Data(text.utf8).write(to: file)
        let body = HTTPFileBody(descriptor: open(file.path, O_RDONLY | O_CLOEXEC), byteCount: Int64(text.utf8.count))
        let server = try CannedServer(answer("HTTP/1.1 200 OK", body: "ok"))
        for _ in 0..<2 {
            let stream = try await CurlTransport().open(HTTPRequest("POST", try server.url), body: body)
            #expect(try await stream.next() == Data("ok".utf8))
        }
        #expect(server.requests.count == 2)
        #expect(server.requests.allSatisfy { $0.hasPrefix("POST / HTTP/1.1\r\n") && $0.hasSuffix("\r\n\r\n" + text) })
        #expect(server.requests.allSatisfy { !$0.contains("Expect:") })
    }

    @Test("A file that became shorter is never sent as a complete body")
    func shortenedUpload() async throws {
        let file = FileManager.default.temporaryDirectory.appending(path: UUID().uuidString)
        defer { unlink(file.path) }
        try Data("abc".utf8).write(to: file)
        let body = HTTPFileBody(descriptor: open(file.path, O_RDONLY | O_CLOEXEC), byteCount: 10)
        let server = try CannedServer(answer("HTTP/1.1 200 OK", body: "ok"))
        let error = await #expect(throws: HTTPTransportError.self) {
            _ = try await CurlTransport().open(HTTPRequest("POST", try server.url), body: body)
        }
        #expect(error?.kind == .unsendable)
        #expect(server.requests.isEmpty)
    }
}
