import Foundation
import Testing
import VisitorSessions

@testable import InspectorCore

@Suite("The timeline")
struct TimelineTests {
    @Test("Every counted token is in a bar, at any moment and width", arguments: [12, 48, 96])
    func complete(width: Int) {
        for offset in [0.0, 1, 7.5, 16] {
            let now = Date(timeIntervalSince1970: 1_800_000_000 + offset)
            for left in [1.0, 100, 1199, 7190, 14_380, 14_399.9] {
                let step = ExpiryHistogram.step(of: now.addingTimeInterval(left))
                let timeline = Timeline(at: now, ExpiryHistogram(counts: [step: 3]))
                #expect(timeline.total == 3)
                #expect(timeline.parts(width: width).contains(3), "\(left) s left at \(offset)")
            }
        }
    }
}
