package import struct Foundation.Date

/// Times as the columns of databases hold them: whole milliseconds since 1970, UTC.
package enum Milliseconds {
    /// The times that there are, some 35,000 years around 1970: as far as a `Date` tells milliseconds apart.
    /// Times beyond are kept as its ends.
    package static let range: ClosedRange<Int64> = -(1 << 50)...(1 << 50)

    /// Before all times: there is no such token; it never happened.
    package static let lowest = Int64.min

    /// After all times: a token that nobody has told the end of.
    package static let highest = Int64.max

    /// The nearest one to `date`.
    package static func nearest(_ date: Date) -> Int64 {
        let milliseconds = (date.timeIntervalSince1970 * 1000).rounded()
        guard milliseconds > Double(range.lowerBound) else { return range.lowerBound }
        guard milliseconds < Double(range.upperBound) else { return range.upperBound }
        return Int64(milliseconds)
    }

    /// The last one that is not after `instant`: so a stored time is after `instant` exactly when its number is
    /// greater than this one.
    package static func floor(_ instant: Date) -> Int64 {
        let nearest = nearest(instant)
        return date(nearest) > instant ? nearest - 1 : nearest
    }

    package static func date(_ milliseconds: Int64) -> Date {
        Date(timeIntervalSince1970: Double(milliseconds) / 1000)
    }
}

extension TokenExpiry {
    /// As the columns hold it.
    package var milliseconds: Int64 {
        switch self {
        case .absent: Milliseconds.lowest
        case .at(let date): Milliseconds.nearest(date)
        case .unknown: Milliseconds.highest
        }
    }
}
