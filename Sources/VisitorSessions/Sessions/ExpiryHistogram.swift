public import struct Foundation.Date

/// How many access tokens end when, in steps of equal length.
public struct ExpiryHistogram: Hashable, Sendable {
    /// A power of two in milliseconds, so that a database finds a time's step by a shift.
    package static let stepBits = 14
    public static let step = Duration.milliseconds(1 << stepBits)

    /// How far it reaches from the step of its time on: a little more than four hours.
    package static let steps = 880

    /// By the number of the step, counted from 1970. Steps in which no token ends are not there.
    public var counts: [Int: Int]

    public init(counts: [Int: Int] = [:]) {
        self.counts = counts
    }

    /// The step that a time is in.
    public static func step(of date: Date) -> Int {
        Int((date.timeIntervalSince1970 * 1000).rounded()) >> stepBits
    }

    /// When a step begins.
    public static func start(of step: Int) -> Date {
        Date(timeIntervalSince1970: Double(step << stepBits) / 1000)
    }

    /// The steps that are counted at `now`: its own, and those behind it.
    package static func range(at now: Date) -> Range<Int> {
        let first = step(of: now)
        return first..<first + steps
    }
}
