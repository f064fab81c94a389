import Foundation
import InspectorCore
import TerminalText
import Testing
import VisitorSessions

@Suite("Times and countdowns")
struct TimesTests {
    @Test(
        "Remaining times stay right until the next tick",
        arguments: [
            (42.0, "0:00:42"), (0.4, "0:00:00"), (3599, "0:59:59"), (3600, "1 h 0 m"), (14399, "3 h 59 m"),
            (200_000, "2 d 7 h"), (-34, "34 s ago"), (-600, "10 m ago"),
        ])
    func left(seconds: Double, text: String) {
        let expiry = TokenExpiry.at(Fixtures.now.addingTimeInterval(seconds))
        #expect(Times.left(expiry, at: Fixtures.now) == text)
    }

    @Test(
        "A time on another day carries the day",
        arguments: [
            (3600.0, "09:00:00"), (86400.0, "16 Jan 08:00"), (-90000.0, "14 Jan 07:00"), (31_449_600.0, "2028-01-14"),
        ])
    func moments(seconds: Double, text: String) {
        let date = Fixtures.now.addingTimeInterval(seconds)
        #expect(Times.moment(date, at: Fixtures.now, secondsFromUTC: 0) == text)
    }

    @Test("Missing tokens and unknown expiries have their own wording")
    func withoutTime() {
        #expect(Times.left(.absent, at: Fixtures.now) == "none")
        #expect(Times.left(.unknown, at: Fixtures.now) == "unknown")
    }

    @Test("The countdown is right after the clock jumps")
    func jump() {
        var driver = Driver([Fixtures.session(1, "one", access: 761)])
        #expect(driver.screen.contains("0:12:41"))
        driver.send(.time(Fixtures.now + .seconds(10)))
        #expect(driver.screen.contains("0:12:31"))
        driver.send(.time(Fixtures.now - .seconds(60)))
        #expect(driver.screen.contains("0:13:41"))
    }

    @Test("The screen updates every second, every minute or never, depending on what it shows")
    func ticks() {
        let now = Fixtures.now
        #expect(Driver([Fixtures.session(1, "one", access: 761)]).model.nextTick == now + .seconds(1))
        #expect(Driver([Fixtures.session(1, "one", access: 9000)]).model.nextTick == now + .seconds(60))
        #expect(Driver([]).model.nextTick == nil)
    }

    @Test("A session turns expired on the screen at its expiry")
    func passing() {
        var driver = Driver([Fixtures.session(1, "one", access: 42)])
        #expect(driver.screen.contains("◐ 1 expiring"))
        driver.send(.time(Fixtures.now + .seconds(42)))
        #expect(driver.screen.contains("○ 1 expired"))
    }
}
