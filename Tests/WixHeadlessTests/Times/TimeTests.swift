import Foundation
import Testing

@testable import WixHeadless

@Suite struct TimeTests {
    @Test("The three forms of HTTP's dates are read, and a two-digit year is the nearest one")
    func httpDates() {
        let expected = Date(timeIntervalSince1970: 784_111_777)
        for text in ["Sun, 06 Nov 1994 08:49:37 GMT", "Sunday, 06-Nov-94 08:49:37 GMT", "Sun Nov  6 08:49:37 1994"] {
            #expect(HTTPTime.date(text, now: Samples.now) == expected)
        }
        for text in [
            "", "x", "Sun, 31 Feb 1994 08:49:37 GMT", "Sun, 06 Nov 1994 25:49:37 GMT", "Sun, 06 Nov 1994 08:49:37 PST",
        ] {
            #expect(HTTPTime.date(text, now: Samples.now) == nil)
        }
    }

    @Test("Only days and times that exist are read, leap days and leap seconds included")
    func calendar() {
        var calendar = Calendar(identifier: .gregorian)
        calendar.timeZone = .gmt
        for day in stride(from: 0, to: 150_000, by: 37) {
            let date = Date(timeIntervalSince1970: Double(day) * 86_400)
            let parts = calendar.dateComponents([.year, .month, .day], from: date)
            #expect(WrittenTime.date(parts.year ?? 0, parts.month ?? 0, parts.day ?? 0) == date)
        }
        #expect(WrittenTime.date(2023, 2, 29) == nil)
        #expect(WrittenTime.date(2024, 2, 29) != nil)
        #expect(WrittenTime.date(2100, 2, 29) == nil)
        #expect(WrittenTime.date(2100, 2, 28, 24, 0) == nil)
        #expect(WrittenTime.date(2100, 2, 28, 23, 59, second: 60) == WrittenTime.date(2100, 3, 1))
    }
}
