import struct Foundation.Date

/// A date and a time of day as they are written, in the Gregorian calendar.
struct CivilTime {
    var year: Int
    /// From 1.
    var month: Int
    /// From 1.
    var day: Int
    var hour = 0
    var minute = 0
    /// Up to 60: a leap second.
    var second = 0.0
    /// How far the place is ahead of UTC, in seconds.
    var offset = 0

    /// The instant. `nil` where there is no such day or time, or the year is outside 1970...9999.
    var date: Date? {
        guard (1970...9999).contains(year), (1...12).contains(month), (1...daysInMonth).contains(day),
            (0...23).contains(hour), (0...59).contains(minute), (0..<61).contains(second)
        else { return nil }
        return Date(timeIntervalSince1970: Double(days * 86_400 + hour * 3600 + minute * 60 - offset) + second)
    }

    private var isLeapYear: Bool {
        year % 4 == 0 && (year % 100 != 0 || year % 400 == 0)
    }

    private var daysInMonth: Int {
        switch month {
        case 2: isLeapYear ? 29 : 28
        case 4, 6, 9, 11: 30
        default: 31
        }
    }

    /// Days since 1 January 1970.
    private var days: Int {
        let before = year - 1
        let leapDays = before / 4 - before / 100 + before / 400 - 477
        let daysBeforeMonth = [0, 31, 59, 90, 120, 151, 181, 212, 243, 273, 304, 334][month - 1]
        return (year - 1970) * 365 + leapDays + daysBeforeMonth + (month > 2 && isLeapYear ? 1 : 0) + day - 1
    }
}
