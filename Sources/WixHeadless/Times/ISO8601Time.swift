import struct Foundation.Date

/// Times in ISO 8601, as JavaScript, Dart and Wix write them: `2024-05-07T12:00:00.123Z`.
enum ISO8601Time {
    /// The instant that `text` names. `nil` where it names none.
    ///
    /// The fraction of a second may have any number of digits. A time without an offset is taken as UTC: Dart
    /// leaves the offset away for local times, and whose place that was cannot be known.
    static func date(_ text: String) -> Date? {
        guard text.utf8.count <= 64, let match = text.wholeMatch(of: pattern) else { return nil }
        let (_, year, month, day, hour, minute, second, zone) = match.output
        guard let year = Int(year), let month = Int(month), let day = Int(day), let hour = Int(hour),
            let minute = Int(minute), let second = second.map({ Double($0) }) ?? 0, let offset = offset(zone)
        else { return nil }
        return CivilTime(
            year: year, month: month, day: day, hour: hour, minute: minute, second: second, offset: offset
        ).date
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
