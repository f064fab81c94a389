import struct Foundation.Date

/// How an expiry was written.
public enum ExpiryUnit: String, Sendable, Hashable, CaseIterable {
    /// Since 1970.
    case seconds, milliseconds, microseconds
    case iso8601 = "ISO 8601"
    /// An HTTP date, or what JavaScript's `Date.toString()` returns.
    case dateString = "a date string"
    /// `{"seconds","nanoseconds"}`, with or without underscores.
    case firestore = "a Firestore timestamp"
    /// There was no expiry.
    case none
}

extension ExpiryUnit {
    /// Larger numbers are milliseconds: as seconds they would be after the year 5138.
    private static let firstMilliseconds = 1e11

    /// Numbers from here on are microseconds since 1970: as milliseconds, they would be times after the year 33658.
    private static let firstMicroseconds = 1e15

    /// The end of the year 9999, in seconds since 1970.
    private static let lastSecond = 253_402_300_799.0

    /// Reads an expiry: a number, a string with a number, a date, or a database object (Firestore, MongoDB's `$date`).
    ///
    /// `nil` if there is none. Numbers outside 1970...9999 don't count, nor does 0, which means unknown in the SDK.
    static func read(_ value: JSONValue) -> (date: Date, unit: ExpiryUnit)? {
        if let number = value.double {
            guard number > 0 else { return nil }
            let (unit, divisor): (ExpiryUnit, Double) =
                number > firstMicroseconds
                ? (.microseconds, 1e6) : number > firstMilliseconds ? (.milliseconds, 1000) : (.seconds, 1)
            let seconds = number / divisor
            return seconds <= lastSecond ? (Date(timeIntervalSince1970: seconds), unit) : nil
        }
        if let text = value.string {
            if let date = ISO8601Time.date(text) { return (date, .iso8601) }
            return WrittenTime.date(inWords: text).map { ($0, .dateString) }
        }
        if let seconds = (value["seconds"] ?? value["_seconds"])?.double, seconds > 0, seconds <= lastSecond {
            let nanoseconds = (value["nanoseconds"] ?? value["_nanoseconds"])?.double ?? 0
            guard (0..<1e9).contains(nanoseconds) else { return nil }
            return (Date(timeIntervalSince1970: seconds + nanoseconds / 1e9), .firestore)
        }
        return (value["$date"] ?? value["$numberLong"]).flatMap(read)
    }
}
