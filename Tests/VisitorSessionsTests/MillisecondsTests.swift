import Foundation
import Testing

@testable import VisitorSessions

struct MillisecondsTests {
    @Test(
        "Every whole millisecond survives",
        arguments: [0, 1, -1, 1_800_000_000_123, -62_135_769_600_001, 64_092_211_200_999, 1 << 50, -(1 << 50)]
            as [Int64])
    func roundTrip(_ number: Int64) {
        #expect(Milliseconds.nearest(Milliseconds.date(number)) == number)
        #expect(Milliseconds.floor(Milliseconds.date(number)) == number)
    }

    @Test("A time is after an instant exactly if its number is greater than the instant's floor")
    func reached() {
        for number in Int64(1_800_000_000_000)..<1_800_000_000_050 {
            let time = Milliseconds.date(number)
            for offset in [-0.0006, -0.0004, -0.000001, 0, 0.000001, 0.0004, 0.0006] {
                let instant = time.addingTimeInterval(offset)
                #expect((number > Milliseconds.floor(instant)) == (time > instant), "\(number) \(offset)")
            }
        }
    }

    @Test("Times out of range are clamped", arguments: [1e300, .infinity, -1e300, .nan])
    func ends(_ seconds: Double) {
        #expect(Milliseconds.range.contains(Milliseconds.nearest(Date(timeIntervalSince1970: seconds))))
    }
}
