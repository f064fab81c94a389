import Foundation
import Testing
import VisitorSessions

@testable import InspectorCore

/// `W` and `b`: what the inspector does to running applications.
@Suite("Tokens for running applications")
struct ApplicationTests {
    private var driver = RequestsPaneTests.live()

    /// The session that the application uses; another one is selected.
    private let used: VisitorSession

    init() throws {
        used = try #require(driver.model.list.selected)
        driver.press(.down)
    }

    private func selected() throws -> VisitorSession { try #require(driver.model.list.selected) }

    /// Lets the live session's issuer be Wix.
    private mutating func makeRemote() throws {
        let index = try #require(driver.sessions.firstIndex { $0.session.id == used.id })
        driver.sessions[index].session.issuer = "https://www.wixapis.com"
        driver.send(.storeChanged)
    }

    @Test("W gives the only application the selected tokens, and withdraws them")
    mutating func toggle() throws {
        let index = try #require(driver.sessions.firstIndex { $0.session.id == used.id })
        driver.sessions[index].session.issuer = "http://127.0.0.1:8787"
        driver.send(.storeChanged)
        let target = try selected()
        driver.type("W")
        guard case .substitute(used.id, with: target.id)? = driver.performed.last else {
            Issue.record("\(String(describing: driver.performed.last))")
            return
        }
        driver.substitutions = [Substitution(of: used.id, with: target.id)]
        driver.end(.success(used))
        #expect(driver.screen.contains("1 substitution active · W stops it"))
        driver.type("W")
        guard case .withdraw(used.id)? = driver.performed.last else {
            Issue.record("\(String(describing: driver.performed.last))")
            return
        }
        driver.substitutions = []
        driver.end(.success(used))
        #expect(!driver.screen.contains("substitution on"))
    }

    @Test("A question about applications doesn't appear under what is typed")
    func lateQuestion() throws {
        var driver = Driver()
        driver.type("e")
        let (target, used) = (driver.sessions[0].session, driver.sessions[1].session)
        driver.send(.applications([used, driver.sessions[2].session], for: target))
        driver.send(.applications([used], for: target))
        driver.type("your cart")
        #expect(driver.performed.isEmpty && driver.model.popups.count == 1)
    }

    @Test("Tokens from anything but an issuer on this machine are substituted only after a confirmation")
    mutating func confirmation() throws {
        try makeRemote()
        driver.type("W")
        #expect(
            driver.performed.isEmpty && driver.screen.contains("The application will send the tokens of"))
        driver.press(.escape)
        #expect(driver.performed.isEmpty)
        driver.type("Wy")
        #expect(driver.performed.count == 1)
    }

    @Test("W on the only live session says what to select; with several, how to choose")
    mutating func others() throws {
        driver.press(.up)
        driver.type("W")
        #expect(driver.performed.isEmpty && driver.screen.contains("already uses this session"))
        let (first, second) = (driver.sessions[0].session.id, driver.sessions[1].session.id)
        let live = try #require(driver.live[used.id])
        for session in driver.sessions.prefix(4) where session.session.isInUse {
            driver.live[session.session.id] = live
        }
        #expect(first != second)
        driver.send(.storeChanged)
        driver.type("W")
        #expect(driver.performed.isEmpty && driver.screen.contains("session with Space, select"))
    }

    @Test("b opens the only page that keeps tokens, and asks for one otherwise")
    mutating func browser() throws {
        let session = try selected()
        driver.type("b")
        #expect(driver.screen.contains("Open a browser as"))
        driver.press(.enter)
        #expect(driver.screen.contains("Enter the URL of a page"))
        driver.type("no page")
        driver.press(.enter)
        #expect(driver.screen.contains("Enter the URL of a page") && driver.screen.contains("Open a browser as"))
        driver.press(.control("u"))
        driver.type("localhost:3000")
        driver.press(.enter)
        guard case .openBrowser(let opened, page: "localhost:3000")? = driver.other.last, opened.id == session.id else {
            Issue.record("\(String(describing: driver.other.last))")
            return
        }
        driver.pages = ["http://localhost:4000"]
        driver.type("b")
        guard case .openBrowser(_, page: "http://localhost:4000")? = driver.other.last else {
            Issue.record("\(String(describing: driver.other.last))")
            return
        }
        #expect(driver.model.popups.isEmpty)
    }

    @Test("A read-only inspector does neither")
    func readOnly() {
        for key in ["W", "b"] {
            var driver = Driver(isReadOnly: true)
            driver.type(key)
            #expect(driver.screen.contains("Read-only mode"))
        }
    }
}
