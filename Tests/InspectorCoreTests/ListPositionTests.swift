import Foundation
import TerminalText
import Testing
import VisitorSessions

@testable import InspectorCore

/// “412,003 of 1,000,000”: the position of the selected session, without counting at each key.
struct ListPositionTests {
    private static let sessions = (1...200).map { number in
        Fixtures.session(UInt8(number), "session \(number)", access: Double(1000 + number * 60))
    }

    private func driver(_ windowLimit: Int = 40) -> Driver {
        var driver = Driver([], width: 100, height: 16)
        driver.windowLimit = windowLimit
        driver.sessions = Self.sessions
        driver.send(.storeChanged)
        driver.press(.home)
        return driver
    }

    private func place(_ driver: Driver) -> String? {
        driver.screen.firstMatch(of: /([0-9,]+ of [0-9,]+)/).map { String($0.output.1) }
    }

    @Test("The position is known while moving, without counting")
    func moves() {
        var driver = driver()
        #expect(place(driver) == "1 of 200")
        for _ in 0..<150 { driver.press(.down) }
        #expect(place(driver) == "151 of 200")
        for _ in 0..<30 { driver.press(.pageUp) }
        #expect(place(driver) == "1 of 200")
        driver.press(.end)
        #expect(place(driver) == "200 of 200")
        for _ in 0..<100 { driver.press(.up) }
        #expect(place(driver) == "100 of 200")
        #expect(driver.ranks.isEmpty)
    }

    @Test("A new order is counted once, and the position is then tracked")
    func order() throws {
        var driver = driver()
        for _ in 0..<99 { driver.press(.down) }
        driver.press(.character("O"))
        #expect(place(driver) == nil)
        let request = try #require(driver.ranks.last)
        #expect(driver.ranks.count == 1)
        #expect(request.session == driver.model.list.selected?.id)
        driver.send(.ranked(SessionRank(before: 100, total: 200), request))
        #expect(place(driver) == "101 of 200")
        driver.press(.down, .pageDown, .pageDown)
        #expect(place(driver) == "\(102 + 2 * driver.model.layout.listHeight) of 200")
        #expect(driver.ranks.count == 1)
    }

    @Test("An answer for an old list is dropped")
    func late() throws {
        var driver = driver()
        for _ in 0..<99 { driver.press(.down) }
        driver.press(.character("O"))
        let request = try #require(driver.ranks.last)
        driver.press(.character("o"))
        driver.send(.ranked(SessionRank(before: 3, total: 5), request))
        #expect(place(driver) == nil)
        #expect(driver.ranks.count == 2)
    }

    @Test("Other processes' changes are counted at once, less often if counting is slow")
    func changes() throws {
        var driver = driver()
        for _ in 0..<99 { driver.press(.down) }
        // Each answer takes half a second.
        for count in 1...2 {
            for _ in 0..<5 { driver.send(.storeChanged) }
            let request = try #require(driver.ranks.last)
            #expect(driver.ranks.count == count)
            driver.send(.time(Fixtures.now + .seconds(Double(count) / 2)))
            driver.send(.ranked(SessionRank(before: 107, total: 230), request))
            #expect(place(driver) == "108 of 230")
        }
        driver.send(.storeChanged)
        driver.send(.time(Fixtures.now + .seconds(10)))
        #expect(driver.ranks.count == 2)
        driver.send(.time(Fixtures.now + .seconds(11)))
        #expect(driver.ranks.count == 3)
        driver.send(.storeChanged)
        driver.send(.time(Fixtures.now + .seconds(30)))
        #expect(driver.ranks.count == 3, "one at a time")
    }

    @Test("The position among the matches of a filter is shown")
    func filter() {
        var driver = driver(.max)
        driver.press(.character("/"))
        driver.type("session 19")
        let matches = Self.sessions.count { SessionFilter("session 19").matches($0.session, in: .valid) }
        #expect(place(driver) == "1 of \(matches)")
        driver.press(.enter, .down)
        #expect(place(driver) == "2 of \(matches)")
    }

    @Test("Positions are counted after typing pauses, not for each letter")
    func typing() throws {
        var driver = driver()
        driver.press(.character("/"))
        driver.type("session 1")
        #expect(driver.ranks.isEmpty)
        driver.send(.time(Fixtures.now + .milliseconds(200)))
        #expect(driver.ranks.isEmpty)
        #expect(try #require(driver.model.nextTick) <= Fixtures.now + .milliseconds(300))
        driver.send(.time(Fixtures.now + .milliseconds(300)))
        #expect(driver.ranks.count == 1)
    }

    @Test("A paused display or an unavailable store stops counting")
    func troubles() {
        var driver = driver()
        for _ in 0..<99 { driver.press(.down) }
        driver.press(.character("f"))
        driver.send(.storeChanged)
        driver.send(.time(Fixtures.now + .seconds(60)))
        #expect(driver.ranks.isEmpty)
        driver.press(.character("f"))
        #expect(driver.ranks.count == 1)
        let error = StoreError(.unavailable, "The store is unavailable.")
        driver.storeError = error
        driver.send(.storeFailed(error))
        driver.send(.time(Fixtures.now + .seconds(65)))
        #expect(driver.ranks.count == 1)
        driver.storeError = nil
        driver.send(.time(Fixtures.now + .seconds(75)))
        #expect(driver.ranks.count == 2)
    }

    @Test(
        "Numbers have thousands separators",
        arguments: [(0, "0"), (999, "999"), (1000, "1,000"), (412_003, "412,003"), (1_000_000, "1,000,000")])
    func grouped(_ number: Int, _ text: String) {
        #expect(number.grouped == text)
    }
}
