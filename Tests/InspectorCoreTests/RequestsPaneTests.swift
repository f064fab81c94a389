import Foundation
import Testing
import VisitorSessions

@testable import InspectorCore

@Suite("Requests of running applications")
struct RequestsPaneTests {
    /// A driver whose first session is used by a running application.
    static func live() -> Driver {
        var driver = Driver(width: 120, height: 36)
        driver.makeLive()
        return driver
    }

    @Test("Discarding a live session says which application uses it")
    func discarding() {
        var driver = Self.live()
        driver.type("d")
        #expect(driver.screen.contains("“npm run dev” is using this session; its calls"), "\(driver.screen)")
        driver.type("n*d")
        #expect(!driver.screen.contains("is using this session"))
    }

    @Test("A live session is marked, and its details say which application uses it")
    func details() {
        var driver = Self.live()
        #expect(driver.rows.contains { $0.contains("»") })
        driver.press(.enter)
        #expect(driver.screen.contains("node “npm run dev”, process 4711"))
        #expect(driver.screen.contains("27; last status 428"))
    }

    @Test("w lists the requests, newest first, and / filters them")
    func list() throws {
        var driver = Self.live()
        driver.type("w")
        let rows = driver.rows
        let cart = try #require(rows.firstIndex { $0.contains("GET    428") && $0.contains("/ecom/v1/carts/current") })
        let token = try #require(rows.firstIndex { $0.contains("POST   200") && $0.contains("refresh_token") })
        #expect(cart < token)
        #expect(!driver.screen.contains("\u{1B}"))
        driver.press(.tab)
        driver.type("w/428")
        #expect(!driver.screen.contains("refresh_token"))
        driver.press(.escape)
        #expect(driver.screen.contains("refresh_token"))
        driver.type("w")
        #expect(driver.model.panes.open == nil)
    }

    @Test("A session without requests says how to record some")
    func empty() {
        var driver = Driver(width: 120, height: 36)
        driver.type("w")
        #expect(driver.screen.contains("session-inspector run -- COMMAND"))
    }

    @Test("A lost visitor is announced, and stays in the log")
    func lost() throws {
        var driver = Self.live()
        let session = try #require(driver.model.list.selected)
        let entry = JournalEntry(
            position: 1, at: Fixtures.now, session: session.id,
            draft: .init(.lost, actor: "run 4711", outcome: "replaced by session 53ec5c"))
        driver.send(.journaled(entry))
        #expect(driver.screen.contains("Visitor lost: the application couldn't renew \(session.shortName)"))
        driver.press(.escape)
        driver.type("l")
        #expect(driver.screen.contains("✖ lost        replaced by session 53ec5c"))
    }

    @Test("New requests appear while the pane is open")
    func follows() throws {
        var driver = Self.live()
        driver.type("w")
        let id = try #require(driver.model.list.selected?.id)
        var draft = try #require(driver.requests[id]?.first?.draft)
        draft.path = "/bookings/v2/services"
        driver.requests[id]?.insert(LiveRequest(position: 9, source: driver.live[id]!.source, draft: draft), at: 0)
        driver.send(.storeChanged)
        #expect(driver.screen.contains("/bookings/v2/services"))
    }
}

extension Driver {
    /// Lets an application use the first session.
    mutating func makeLive() {
        guard let id = model.list.selected?.id else { return }
        let source = LiveSource(.node, label: "npm run dev")
        live[id] = LiveSession(
            source: source, process: 4711, liveUntil: Fixtures.now + .seconds(5), requestCount: 27,
            lastRequestAt: Fixtures.now - .seconds(3), lastOutcome: .status(428))
        requests[id] = [
            LiveRequest(
                position: 2, source: source,
                draft: .init(
                    of: id, at: Fixtures.now - .seconds(3), process: 4711, method: "GET",
                    path: "/ecom/v1/carts/current\u{1B}[31m", outcome: .status(428), duration: .milliseconds(34),
                    byteCount: 120, requestID: "1779.5")),
            LiveRequest(
                position: 1, source: source,
                draft: .init(
                    of: id, at: Fixtures.now - .seconds(8), process: 4711, method: "POST", path: "/oauth2/token",
                    outcome: .status(200), duration: .milliseconds(120), byteCount: 900, grant: "refresh_token")),
        ]
        send(.storeChanged)
    }
}
