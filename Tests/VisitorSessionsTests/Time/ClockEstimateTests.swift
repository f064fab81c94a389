import Foundation
import Testing
import VisitorSessionsTesting

@testable import VisitorSessions

@Suite("The issuer's clock")
struct ClockEstimateTests {
    private let start = Date(timeIntervalSince1970: 1_800_000_000)

    /// A response after `roundTrip` seconds from a server whose clock is `ahead` seconds ahead.
    private func learn(_ estimate: inout ClockEstimate, ahead: Double, roundTrip: Double = 0.2, at offset: Double = 0) {
        let sent = start.addingTimeInterval(offset)
        let answered = sent.timeIntervalSince1970 + roundTrip / 2 + ahead
        estimate.learn(
            Date(timeIntervalSince1970: answered.rounded(.down)), sent: sent,
            received: sent.addingTimeInterval(roundTrip))
    }

    @Test("A clock within the precision of a response has no offset")
    func agrees() {
        for ahead in [-0.4, 0, 0.4] {
            var estimate = ClockEstimate()
            learn(&estimate, ahead: ahead)
            #expect(estimate.offset == 0)
        }
    }

    @Test("An offset of an hour is learned from one response, in both directions", arguments: [3600.0, -3600])
    func learns(ahead: Double) {
        var estimate = ClockEstimate()
        learn(&estimate, ahead: ahead)
        #expect(abs(estimate.offset - ahead) <= 1)
    }

    @Test("Close samples are smoothed into a better estimate")
    func smooths() {
        var estimate = ClockEstimate()
        for number in 0..<200 { learn(&estimate, ahead: 600.3, at: Double(number) * 1.37) }
        #expect(abs(estimate.offset - 600.3) < 0.3)
    }

    @Test("One outlier is ignored, two are believed")
    func surprise() {
        var estimate = ClockEstimate()
        learn(&estimate, ahead: 0)
        learn(&estimate, ahead: 500)
        #expect(estimate.offset == 0)
        learn(&estimate, ahead: 0)
        learn(&estimate, ahead: 500)
        #expect(abs(estimate.offset) < 1)
        learn(&estimate, ahead: 500)
        #expect(abs(estimate.offset - 500) <= 1)
    }

    @Test("Slow responses and absurd dates are ignored")
    func useless() {
        var estimate = ClockEstimate()
        learn(&estimate, ahead: 3600, roundTrip: 11)
        learn(&estimate, ahead: 90_000)
        learn(&estimate, ahead: -90_000)
        #expect(estimate.offset == 0)
    }

    @Test("Setting the wall clock doesn't move the issuer's time", arguments: [7200.0, -7200, 3])
    func jump(seconds: Double) {
        var estimate = ClockEstimate()
        learn(&estimate, ahead: 600)
        #expect(estimate.observe(wall: start, elapsed: .seconds(50)) == nil)
        let before = start.addingTimeInterval(estimate.offset + 10)
        let wall = start.addingTimeInterval(10 + seconds)
        let found = estimate.observe(wall: wall, elapsed: .seconds(60))
        #expect(abs((found ?? 0) - seconds) < 0.001)
        #expect(abs(wall.addingTimeInterval(estimate.offset).timeIntervalSince(before)) < 0.001)
    }

    @Test("Setting the wall clock during a request isn't counted twice")
    func setDuringRequest() {
        let clock = TestClock(date: start)
        let server = ServerClock(wall: clock.date, monotonic: clock)
        let sent = server.moment
        clock.advance(by: .milliseconds(200))
        clock.setDate(clock.date().addingTimeInterval(3600))
        server.learn(start, sent: sent)
        #expect(abs(server.now.timeIntervalSince(start)) < 2)
    }

    @Test("Slewing and long sleeps don't count as setting the clock")
    func noJump() {
        var estimate = ClockEstimate()
        _ = estimate.observe(wall: start, elapsed: .zero)
        #expect(estimate.observe(wall: start.addingTimeInterval(61.5), elapsed: .seconds(60)) == nil)
        #expect(estimate.observe(wall: start.addingTimeInterval(9061.5), elapsed: .seconds(9060)) == nil)
    }
}
