import struct Foundation.Date

/// Times in HTTP header fields (RFC 9110, section 5.6.7).
enum HTTPTime {
    private static let months = [
        "jan", "feb", "mar", "apr", "may", "jun", "jul", "aug", "sep", "oct", "nov", "dec",
    ]

    /// The instant that `text` names, in the present form or one of the two old ones that a recipient must
    /// accept. The day of the week is not looked at.
    ///
    /// - Parameter now: By which the century of a two-digit year is decided.
    static func date(_ text: String, now: Date) -> Date? {
        guard text.utf8.count <= 64 else { return nil }
        let words = text.split { $0 == " " || $0 == "," || $0 == "-" }.map(String.init)
        switch words.count {
        case 6:  // Sun, 06 Nov 1994 08:49:37 GMT, or Sunday, 06-Nov-94 08:49:37 GMT
            guard ["GMT", "UTC", "Z"].contains(words[5].uppercased()) else { return nil }
            return date(day: words[1], month: words[2], year: words[3], time: words[4], now: now)
        case 5:  // Sun Nov  6 08:49:37 1994
            return date(day: words[2], month: words[1], year: words[4], time: words[3], now: now)
        default:
            return nil
        }
    }

    private static func date(day: String, month: String, year: String, time: String, now: Date) -> Date? {
        let clock = time.split(separator: ":").compactMap { Int($0) }
        guard clock.count == 3, let day = Int(day), let month = months.firstIndex(of: month.lowercased()),
            let year = Int(year)
        else { return nil }
        var written = CivilTime(
            year: year, month: month + 1, day: day, hour: clock[0], minute: clock[1], second: Double(clock[2]))
        guard (0..<100).contains(year) else { return written.date }
        // A year that would be more than 50 years ahead is the last one in the past with these digits.
        written.year += 2000
        guard let date = written.date, date.timeIntervalSince(now) > 50 * 365.25 * 86_400 else { return written.date }
        written.year -= 100
        return written.date
    }
}
