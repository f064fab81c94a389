import Foundation

/// Calendar dates in text.
enum WrittenTime {
    private static let calendar = {
        var calendar = Calendar(identifier: .gregorian)
        calendar.timeZone = .gmt
        return calendar
    }()

    /// The instant of a date and time in UTC. `nil`: no such day or time, or the year is outside 1970...9999.
    ///
    /// - Parameter second: Below 61, because there are leap seconds.
    static func date(
        _ year: Int, _ month: Int, _ day: Int, _ hour: Int = 0, _ minute: Int = 0, second: Double = 0
    ) -> Date? {
        guard (1970...9999).contains(year), (0..<61).contains(second) else { return nil }
        let parts = DateComponents(
            calendar: calendar, year: year, month: month, day: day, hour: hour, minute: minute)
        return parts.isValidDate ? parts.date?.addingTimeInterval(second) : nil
    }

    /// The instant of a date with the month's name: `Fri, 18 Jan 2030 17:46:40 GMT`, or as JavaScript prints it,
    /// `Fri Jan 18 2030 17:46:40 GMT+0100 (…)`. Without an offset it is read as UTC.
    static func date(inWords text: String) -> Date? {
        guard text.utf8.count <= 96, text.utf8.contains(UInt8(ascii: ":")) else { return nil }
        var words = text.prefix { $0 != "(" }.split { " ,".contains($0) }.map(String.init)
        if let first = words.first, Int(first) == nil, HTTPTime.month(first) == nil { words.removeFirst() }
        guard words.count >= 4, let clock = words.firstIndex(where: { $0.contains(":") }), clock >= 2 else {
            return nil
        }
        // The month, the day, and the year, which may follow the time (`asctime`).
        var parts = words[..<clock].map { $0 }
        var zone = words[(clock + 1)...].joined()
        if parts.count == 2, let year = words.last, year.count == 4 {
            parts.append(year)
            zone = ""
        }
        guard parts.count == 3, let month = parts.prefix(2).lazy.compactMap(HTTPTime.month).first,
            let day = parts.prefix(2).lazy.compactMap({ Int($0) }).first, let year = Int(parts[2])
        else { return nil }
        let time = words[clock].split(separator: ":").map { Double($0) ?? -1 }
        guard time.count >= 2, let offset = offset(zone), let hour = Int(exactly: time[0]),
            let minute = Int(exactly: time[1])
        else { return nil }
        return date(year, month, day, hour, minute, second: time.count > 2 ? time[2] : 0)?
            .addingTimeInterval(-Double(offset))
    }

    /// The offset from UTC in seconds: `GMT+0100`, `+01:00`, `Z`, or nothing. `nil`: an unknown time zone.
    private static func offset(_ zone: String) -> Int? {
        let zone = zone.uppercased().replacing("GMT", with: "").replacing("UTC", with: "")
        if zone.isEmpty || zone == "Z" { return 0 }
        let digits = zone.dropFirst().filter(\.isNumber)
        guard zone.hasPrefix("+") || zone.hasPrefix("-"), let hours = Int(digits.prefix(2)),
            let minutes = digits.count > 2 ? Int(digits.suffix(2)) : 0
        else { return nil }
        return (zone.hasPrefix("-") ? -1 : 1) * (hours * 3600 + minutes * 60)
    }
}

/// Times in HTTP header fields (RFC 9110, section 5.6.7).
enum HTTPTime {
    private static let months = [
        "jan", "feb", "mar", "apr", "may", "jun", "jul", "aug", "sep", "oct", "nov", "dec",
    ]

    /// The instant that `text` names, in the current form or one of the two obsolete ones that a recipient must accept.
    /// The weekday isn't checked.
    ///
    /// - Parameter now: Decides the century of a two-digit year.
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

    /// The number of a month by the first three letters of its name, from 1.
    static func month(_ name: String) -> Int? {
        months.firstIndex(of: name.prefix(3).lowercased()).map { $0 + 1 }
    }

    private static func date(day: String, month: String, year: String, time: String, now: Date) -> Date? {
        let clock = time.split(separator: ":").compactMap { Int($0) }
        guard clock.count == 3, let day = Int(day), let month = months.firstIndex(of: month.lowercased()),
            let year = Int(year)
        else { return nil }
        func date(in year: Int) -> Date? {
            WrittenTime.date(year, month + 1, day, clock[0], clock[1], second: Double(clock[2]))
        }
        guard (0..<100).contains(year) else { return date(in: year) }
        // A two-digit year more than 50 years ahead is the most recent past year with these digits.
        guard let next = date(in: 2000 + year), next.timeIntervalSince(now) > 50 * 365.25 * 86_400 else {
            return date(in: 2000 + year)
        }
        return date(in: 1900 + year)
    }
}

/// Times in ISO 8601, as JavaScript, Dart and Wix write them: `2024-05-07T12:00:00.123Z`.
enum ISO8601Time {
    /// The instant that `text` names. `nil`: none.
    ///
    /// The fraction of a second may have any number of digits. A time without an offset is read as UTC: Dart leaves the
    /// offset out of local times, and the time zone can't be known.
    static func date(_ text: String) -> Date? {
        guard text.utf8.count <= 64, let match = text.wholeMatch(of: pattern) else { return nil }
        let (_, year, month, day, hour, minute, second, zone) = match.output
        guard let year = Int(year), let month = Int(month), let day = Int(day), let hour = Int(hour),
            let minute = Int(minute), let second = second.map({ Double($0) }) ?? 0, let offset = offset(zone)
        else { return nil }
        return WrittenTime.date(year, month, day, hour, minute, second: second)?.addingTimeInterval(-Double(offset))
    }

    private static var pattern:
        Regex<(Substring, Substring, Substring, Substring, Substring, Substring, Substring?, Substring?)>
    {
        /([0-9]{4})-([0-9]{2})-([0-9]{2})[Tt ]([0-9]{2}):([0-9]{2})(?::([0-9]{2}(?:\.[0-9]+)?))?([Zz]|[+-][0-9]{2}:?[0-9]{2})?/
    }

    private static func offset(_ zone: Substring?) -> Int? {
        guard let zone, zone.uppercased() != "Z" else { return 0 }
        let digits = zone.dropFirst().filter(\.isNumber)
        guard let hours = Int(digits.prefix(2)), let minutes = Int(digits.suffix(2)) else { return nil }
        return (zone.hasPrefix("-") ? -1 : 1) * (hours * 3600 + minutes * 60)
    }
}
