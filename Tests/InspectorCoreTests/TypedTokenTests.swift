import Foundation
import InspectorCore
import Testing
import VisitorSessions

@Suite("Tokens in the wrong place")
struct TypedTokenTests {
    private static let tokens = [
        "OauthNG.JWS.abcdef.ghijkl", "JWS.abcdefgh.ijklmn", "eyJhbGciOiJub25lIn0.e30.",
        String(repeating: "a1B2", count: 12),
    ]

    /// The token that the inspector last searched for.
    private func wanted(_ driver: Driver) -> String? {
        if case .findHolder(let text)? = driver.other.last { text.reveal() } else { nil }
    }

    private func checkHidden(_ token: String, _ driver: Driver, sourceLocation: SourceLocation = #_sourceLocation) {
        #expect(!driver.screen.contains(token.prefix(13)), sourceLocation: sourceLocation)
        #expect(driver.model.remembered.filter == "", sourceLocation: sourceLocation)
        #expect(
            driver.loads.allSatisfy { $0.filter.words.allSatisfy { $0.count <= 40 } }, sourceLocation: sourceLocation)
    }

    @Test("A token typed into the filter is hidden, and Enter looks for its session", arguments: tokens)
    func typed(token: String) {
        var driver = Driver()
        driver.press(.character("/"))
        driver.type(token)
        checkHidden(token, driver)
        #expect(driver.screen.contains("Enter finds its session"))
        driver.press(.enter)
        #expect(wanted(driver) == token)
        checkHidden(token, driver)
        #expect(driver.model.focus == .list)
    }

    @Test("A pasted token is searched for at once", arguments: tokens)
    func pasted(token: String) {
        let json = "{\"accessToken\":{\"value\":\"\(token)\"}}" + String(repeating: " ", count: 2000)
        for text in [token, "Authorization: \(token)", json] {
            for pane: [Key] in [[], [.character("l")], [.enter, .tab]] {
                var driver = Driver()
                for key in pane { driver.press(key) }
                driver.press(.character("/"))
                driver.send(.paste(text))
                #expect(wanted(driver) == text)
                checkHidden(token, driver)
            }
        }
    }

    @Test("The session that holds or held the token is shown, even if discarded")
    func shown() {
        var driver = Driver()
        let session = Fixtures.sessions[2].session
        driver.send(.held(by: [session], isNow: true))
        #expect(driver.model.list.rows.map(\.id) == [session.id])
        #expect(driver.screen.contains("holds this token"))
        var discarded = session
        discarded.discardedAt = Fixtures.now
        driver.send(.held(by: [discarded], isNow: false))
        #expect(driver.model.list.filterText.hasPrefix("state:discarded "))
        #expect(driver.screen.contains("held this token until it was replaced"))
        driver.send(.held(by: [], isNow: true))
        #expect(driver.screen.contains("No session holds this token. S sets it as a new session."))
    }

    @Test(
        "Ordinary search words aren't tokens",
        arguments: [
            "checkout bug", "client:de000000-0000-4000-8000-000000000001", "state:expired", "eyewear-collection-2024",
            "https://example.com/",
        ])
    func words(text: String) {
        var driver = Driver()
        driver.press(.character("/"))
        driver.type(text)
        #expect(driver.model.list.filterText == text)
    }

    @Test("Tokens remembered by earlier versions are dropped")
    func remembered() {
        var driver = Driver()
        var view = driver.model.remembered
        view.filter = Self.tokens[0]
        driver.model = Model(driver.model.options, remembered: view, size: driver.model.size, now: Fixtures.now)
        #expect(driver.model.list.filterText == "")
    }

    @Test("Tokens can't be labels or commands")
    func label() {
        var driver = Driver()
        driver.press(.character("e"))
        driver.send(.paste(Self.tokens[0]))
        #expect(driver.screen.contains("Not pasted: the text contains a token"))
        driver.type(Self.tokens[0])
        driver.press(.enter)
        #expect(driver.performed.isEmpty)
        #expect(driver.screen.contains("Labels can't contain tokens"))
    }
}
