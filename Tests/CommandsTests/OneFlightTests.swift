import DevelopmentIssuer
import Foundation
import SQLiteSessions
import Testing
import VisitorSessions
import WixHeadless

@Suite("Single flight over a real connection")
struct OneFlightTests {
    @Test("Forty concurrent callers of an expired session cause one redemption at the issuer")
    func fortyCallers() async throws {
        let clientID = try #require(UUID(uuidString: "de000000-0000-4000-8000-000000000001"))
        var options = DevelopmentIssuerServer.Options()
        options.rotate = true
        let server = DevelopmentIssuerServer(options)
        let port = try await server.start()
        let folder = FileManager.default.temporaryDirectory.appending(path: UUID().uuidString)
        let store = try SQLiteSessionStore.open(at: folder.appending(path: "sessions.sqlite"), key: .key(SealingKey()))
        let manager = SessionManager(
            store: store,
            issuer: WixTokenIssuer(
                url: try IssuerURL("http://127.0.0.1:\(port)"), transport: CurlTransport()), name: "test")

        let issued = try #require(await server.issue(to: clientID, at: Date() - .seconds(5 * 3600)))
        let old = Tokens(
            accessToken: .reading(Secret(issued.accessToken)), refreshToken: .reading(Secret(issued.refreshToken)))
        let session = try await manager.add(old, clientID: clientID.uuidString)
        #expect(session.state(at: Date(), policy: manager.policy) == .expired)

        let answers = try await withThrowingTaskGroup(of: Tokens.self) { group in
            for _ in 0..<40 { group.addTask { try await manager.tokens(of: session.id) } }
            return try await group.reduce(into: Set<Tokens>()) { $0.insert($1) }
        }
        #expect(answers.count == 1 && answers.first != old)
        let endpoint = try #require(URL(string: "http://127.0.0.1:\(port)/development/stats"))
        let stats = try await CurlTransport().send(HTTPRequest("GET", endpoint))
        let counts = try JSONDecoder().decode(IssuerCounts.self, from: stats.body)
        #expect(counts.redemptions == 1 && counts.reuses == 0)
        await server.stop()
        try FileManager.default.removeItem(at: folder)
    }
}
