import DevelopmentIssuer
import Foundation
import Synchronization
import Testing
import WixHeadless

/// A running development issuer with a manual clock.
final class TestIssuer: Sendable {
    static let clientID = "9d5e3c4b-1a2f-4b6c-8d7e-0f1a2b3c4d5e"

    typealias Options = DevelopmentIssuerServer.Options

    struct Answer {
        var status: Int
        var headers: [String: String]
        var body: [String: Any]

        func text(_ name: String) -> String { body[name] as? String ?? "" }
        func number(_ name: String) -> Int { body[name] as? Int ?? -1 }
    }

    let port: UInt16
    let time: TestTime
    private let server: DevelopmentIssuerServer
    private let transport = CurlTransport()

    static func with(
        _ options: DevelopmentIssuerServer.Options = .init(),
        random: any RandomNumberGenerator & Sendable = SystemRandomNumberGenerator(),
        _ body: (TestIssuer) async throws -> Void
    ) async throws {
        let time = TestTime()
        let server = DevelopmentIssuerServer(options, now: { time.now }, random: random)
        let issuer = TestIssuer(server: server, port: try await server.start(), time: time)
        do {
            try await body(issuer)
        } catch {
            await server.stop()
            throw error
        }
        await server.stop()
    }

    private init(server: DevelopmentIssuerServer, port: UInt16, time: TestTime) {
        self.server = server
        self.port = port
        self.time = time
    }

    func send(
        _ method: String, _ path: String, type: String? = "application/json", body: String? = nil,
        authorization: String? = nil
    ) async throws -> Answer {
        var request = HTTPRequest(method, try #require(URL(string: "http://127.0.0.1:\(port)\(path)")))
        request.body = body.map { Data($0.utf8) }
        if body != nil { request.headers.append(("Content-Type", type ?? "")) }
        if let authorization { request.headers.append(("Authorization", authorization)) }
        let response = try await transport.send(request)
        let json = try? JSONSerialization.jsonObject(with: response.body) as? [String: Any]
        return Answer(status: response.status, headers: response.headers, body: json ?? [:])
    }

    func pair() async throws -> (access: String, refresh: String) {
        let answer = try await send(
            "POST", "/oauth2/token", body: #"{"clientId":"\#(Self.clientID)","grantType":"anonymous"}"#)
        #expect(answer.status == 200)
        return (answer.text("access_token"), answer.text("refresh_token"))
    }

    func renew(_ refreshToken: String, clientID: String = TestIssuer.clientID) async throws -> Answer {
        try await send(
            "POST", "/oauth2/token",
            body: #"{"clientId":"\#(clientID)","refreshToken":"\#(refreshToken)","grantType":"refresh_token"}"#)
    }

    func counts() async throws -> IssuerCounts {
        let body = try await send("GET", "/development/stats").body
        return try JSONDecoder().decode(IssuerCounts.self, from: JSONSerialization.data(withJSONObject: body))
    }
}

final class TestTime: Sendable {
    private let seconds = Mutex(1_715_083_200.0)

    var now: Date { Date(timeIntervalSince1970: seconds.withLock { $0 }) }

    func advance(by duration: Duration) {
        seconds.withLock { $0 += Double(duration.components.seconds) }
    }
}
