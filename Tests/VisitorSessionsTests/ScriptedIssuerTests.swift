import Testing
import VisitorSessions
import VisitorSessionsTesting

@Suite(.timeLimit(.minutes(1)))
struct ScriptedIssuerTests {
    private let issuer = ScriptedIssuer()
    private let refreshToken = RefreshToken(Secret("r"))

    private func answer(_ name: String) -> ScriptedIssuer.Answer {
        .tokens(IssuedTokens(accessToken: AccessToken(Secret(name), expiresAt: nil), refreshToken: nil))
    }

    @Test("Responses follow the script, and requests are recorded")
    func answersInOrder() async throws {
        issuer.onGenerate(answer("one"), .failure(IssuerError(.refused, "No.")))
        issuer.onRenew(answer("two"))
        #expect(issuer.answersLeft == 3)
        let one = try await issuer.generate(clientID: "c")
        let two = try await issuer.renew(refreshToken, clientID: "c")
        await #expect(throws: IssuerError(.refused, "No.")) { _ = try await issuer.generate(clientID: "d") }
        #expect(one.accessToken.value == Secret("one"))
        #expect(two.accessToken.value == Secret("two"))
        #expect(
            issuer.requests == [
                .generate(clientID: "c"), .renew(refreshToken, clientID: "c"), .generate(clientID: "d"),
            ])
        #expect(issuer.answersLeft == 0)
    }

    @Test("An unscripted request fails with a clear message")
    func failsWithoutScript() async {
        let error = await #expect(throws: IssuerError.self) { _ = try await issuer.generate(clientID: "c") }
        #expect(error?.message.contains("scripted no answer to generate") == true)
    }

    @Test("A held response waits until it is released")
    func holds() async throws {
        issuer.onRenew(.held(answer("late")))
        let task = Task { [issuer, refreshToken] in try await issuer.renew(refreshToken, clientID: "c") }
        await issuer.waitForRequests()
        #expect(issuer.requests.count == 1)
        issuer.release()
        #expect(try await task.value.accessToken.value == Secret("late"))
    }

    @Test("A response can be released before it is requested")
    func releasesBeforehand() async throws {
        issuer.release()
        issuer.onGenerate(.held(answer("early")))
        #expect(try await issuer.generate(clientID: "c").accessToken.value == Secret("early"))
    }

    @Test("Cancelling a held request fails it as one that may have reached the issuer")
    func cancelsHeld() async {
        issuer.onRenew(.held(answer("never")))
        let task = Task { [issuer, refreshToken] in try await issuer.renew(refreshToken, clientID: "c") }
        await issuer.waitForRequests()
        task.cancel()
        let error = await #expect(throws: IssuerError.self) { _ = try await task.value }
        #expect(error?.kind == .transient)
        #expect(error?.mayHaveTakenEffect == true)
    }
}
