public import Foundation
public import VisitorSessions

/// How many access tokens end in each part of the next hours.
public struct Timeline: Hashable, Sendable {
    public static let span: Duration = .seconds(4 * 3600)
    public static let parts = 48

    public var start: Date

    /// One number for each part, the earliest first.
    public var counts: [Int]

    public init(start: Date, _ expiries: ExpiryHistogram) {
        self.start = start
        counts = Array(repeating: 0, count: Self.parts)
        let length = Self.span / Self.parts
        for (step, count) in expiries.counts {
            let middle = ExpiryHistogram.start(of: step) + ExpiryHistogram.step / 2
            // The first step has begun before, and the last one belongs to tokens that were given out just now for all of it.
            let part = Int(max(middle.timeIntervalSince(start), 0) / length.inSeconds)
            counts[min(part, Self.parts - 1)] += count
        }
    }
}
