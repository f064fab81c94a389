import Foundation
import InspectorCore
import Testing
import VisitorSessions

@Suite("Claims and revealed tokens in the details")
struct ClaimTests {
    /// With the details of the first session focused.
    private func details() -> Driver {
        var driver = Driver(width: 120, height: 60)
        driver.press(.tab)
        return driver
    }

    private func place(of text: String, in driver: Driver) throws -> Position {
        let row = try #require(driver.rows.firstIndex { $0.contains(text) })
        return Position(row: row, column: 4)
    }

    @Test("Claims are a tree. ← folds its inner objects first, → unfolds the outer ones first")
    func fold() {
        var driver = details()
        #expect(driver.screen.contains("  ▾ instance") && driver.screen.contains("demoMode"))
        driver.press(.left)
        #expect(driver.screen.contains("▸ instance  1 claim") && driver.screen.contains("demoMode"))
        driver.press(.left)
        #expect(driver.screen.contains("▸ data  2 claims") && driver.screen.contains("▸ header  1 claim"))
        driver.press(.left)
        #expect(driver.screen.contains("412 characters ▸ 4 claims") && !driver.screen.contains("▸ data"))
        driver.press(.left)
        #expect(driver.screen.contains("Nothing more to fold"))
        driver.press(.right)
        #expect(driver.screen.contains("▸ data  2 claims"))
        driver.press(.right, .right)
        #expect(driver.screen.contains("  ▾ instance"))
    }

    @Test("A claim without a name is shown")
    func nameless() throws {
        var driver = details()
        var details = try #require(driver.model.panes.content)
        details.session.version += 1
        details.access?.claims = [.init(path: [], value: .text("odd"))]
        driver.send(.opened(details))
        #expect(driver.screen.contains("odd"))
    }

    @Test("A click folds one object, and another unfolds it")
    func click() throws {
        var driver = details()
        let position = try place(of: "▾ data", in: driver)
        driver.send(.mouse(MouseEvent(.press, at: position)))
        #expect(driver.screen.contains("▸ data  2 claims") && driver.screen.contains("▾ header"))
        driver.send(.mouse(MouseEvent(.press, at: position)))
        #expect(driver.screen.contains("▾ data"))
    }

    @Test("After a renewal, changed claims are shown with their old values, until another session is selected")
    func changes() throws {
        var driver = details()
        var renewed = try #require(driver.model.panes.content)
        renewed.session.version += 1
        let claims = try #require(renewed.access?.claims)
        renewed.access?.claims = claims.map { claim in
            guard claim.name == "iat" else { return claim }
            return .init(path: claim.path, value: .time(Fixtures.now))
        }
        driver.send(.opened(renewed))
        let row = try place(of: "was 2027-01-15T07:57:30Z", in: driver).row
        #expect(driver.rows[row - 1].contains("iat") && driver.rows[row - 1].contains("2027-01-15T08:00:00Z"))
        #expect(driver.screen.components(separatedBy: "was 20").count == 2)
        driver.press(.backTab, .down, .up)
        #expect(!driver.screen.contains("was 2027"))
    }

    @Test("A revealed token's header, claims and signature have three colors")
    func segments() throws {
        var driver = details()
        let id = try #require(driver.model.list.selected?.id)
        let token = AccessToken(Secret("OauthNG.JWS.xxx.yyy.zzz"), expiresAt: nil, visitorID: nil)
        driver.send(.revealed(id, Tokens(accessToken: token, refreshToken: nil)))
        let row = try place(of: "OauthNG.JWS.xxx.yyy.zzz", in: driver).row
        let cells = InspectorView.frame(driver.model).row(row)
        let roles = "xyz".map { letter in cells.first { $0.character == letter }?.style.role }
        #expect(roles == [.heading, .secret, .notice])
    }
}
