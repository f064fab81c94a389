import struct Foundation.Date

/// How an expiry was written where it was found.
public enum ExpiryUnit: String, Sendable, Hashable, CaseIterable {
    /// Seconds since 1970.
    case seconds
    /// Milliseconds since 1970.
    case milliseconds
    case iso8601 = "ISO 8601"
    /// There was none.
    case none
}

extension ExpiryUnit {
    /// From here on a number means milliseconds: as seconds it would be the year 5138.
    private static let firstMilliseconds = 1e11

    /// The end of the year 9999, in seconds since 1970.
    private static let lastSecond = 253_402_300_799.0

    /// The instant that `value` names, and how it is written: a number, a string that holds one, or ISO 8601.
    ///
    /// `nil` where it names none. A number outside 1970...9999 names none, and neither does 0, with which the
    /// SDK says that it does not know.
    static func read(_ value: JSONValue) -> (date: Date, unit: ExpiryUnit)? {
        if let number = value.double {
            guard number > 0 else { return nil }
            let unit: ExpiryUnit = number > firstMilliseconds ? .milliseconds : .seconds
            let seconds = unit == .milliseconds ? number / 1000 : number
            return seconds <= lastSecond ? (Date(timeIntervalSince1970: seconds), unit) : nil
        }
        return value.string.flatMap(ISO8601Time.date).map { ($0, .iso8601) }
    }
}
