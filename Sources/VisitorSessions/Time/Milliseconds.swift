package import struct Foundation.Date

/// Times in database columns: whole milliseconds since 1970, UTC.
package enum Milliseconds {
    /// The supported range, some 35,000 years around 1970, in which `Date` represents milliseconds. Other times are
    /// clamped.
    package static let range: ClosedRange<Int64> = -(1 << 50)...(1 << 50)

    /// Sorts before all times: no token, or never.
    package static let lowest = Int64.min

    /// Sorts after all times: unknown expiry.
    package static let highest = Int64.max

    package static func nearest(_ date: Date) -> Int64 {
        let milliseconds = (date.timeIntervalSince1970 * 1000).rounded()
        guard milliseconds > Double(range.lowerBound) else { return range.lowerBound }
        guard milliseconds < Double(range.upperBound) else { return range.upperBound }
        return Int64(milliseconds)
    }

    /// Rounds down, so that a stored time is after `instant` exactly if its number is greater.
    package static func floor(_ instant: Date) -> Int64 {
        let nearest = nearest(instant)
        return date(nearest) > instant ? nearest - 1 : nearest
    }

    package static func date(_ milliseconds: Int64) -> Date {
        Date(timeIntervalSince1970: Double(milliseconds) / 1000)
    }
}
