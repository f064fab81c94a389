import Foundation
import Testing
import VisitorSessions
import VisitorSessionsTesting

@Suite("The documentation")
struct DocumentationTests {
    // The exact example of the article "Using the library in a server".
    struct Shop {
        let manager: SessionManager
        let store: any SessionStore & StoreMaintenance
        let clientID: String

        init(store: any SessionStore & StoreMaintenance, issuer: any TokenIssuer, clientID: String) {
            manager = SessionManager(store: store, issuer: issuer, name: "shop 1")
            self.store = store
            self.clientID = clientID
        }

        /// Runs for as long as the server does: it renews sessions that have automatic renewal on and purges expired data.
        func run() async {
            await RenewalScheduler(manager, purging: store).run()
            _ = await manager.finish(within: .seconds(20))
        }

        /// Handles a visitor's request: takes the tokens from the cookie and returns the ones to set in the response.
        func answer(_ cookie: Tokens, send: @Sendable (Secret) async throws -> Int) async throws -> (Int, Tokens) {
            let client = VisitorClient(
                manager: manager, clientID: clientID, tokens: cookie, whenRefused: .startNewVisitor)
            let status = try await client.authorized(send, isExpired: { $0 == 401 })
            return (status, try await client.tokens())
        }
    }

    @Test("Its example matches the compiled code")
    func exampleIsCompiled() throws {
        let article = URL(filePath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
            .deletingLastPathComponent().appending(
                path: "Sources/VisitorSessions/VisitorSessions.docc/UsingItInAServer.md")
        let text = try String(contentsOf: article, encoding: .utf8)
        let source = try String(contentsOfFile: #filePath, encoding: .utf8)
        let example = try #require(text.firstMatch(of: /```swift\n((?:.|\n)*?)```/)?.output.1)
        for line in example.split(separator: "\n") { #expect(source.contains(line), "\(line)") }
    }

    @Test("Its example does what it says")
    func exampleWorks() async throws {
        let issuer = ScriptedIssuer()
        let tokens = IssuedTokens(
            accessToken: AccessToken(Secret("access"), expiresAt: Date() + .seconds(14_400)),
            refreshToken: RefreshToken(Secret("refresh")))
        issuer.onGenerate(.tokens(tokens))
        let shop = Shop(store: InMemorySessionStore(), issuer: issuer, clientID: "client")
        let running = Task { await shop.run() }
        let (status, cookie) = try await shop.answer(Tokens()) { $0 == Secret("access") ? 200 : 401 }
        #expect(status == 200 && cookie.refreshToken?.value == Secret("refresh"))
        #expect(try await shop.answer(cookie) { _ in 200 }.1 == cookie)
        running.cancel()
        await running.value
    }
}
