package import Foundation
package import VisitorSessions

/// Formats times and durations for people.
package enum Times {
    /// The time left until `expiry`: with seconds in the last hour, otherwise precise to the minute.
    package static func left(_ expiry: TokenExpiry, at now: Date) -> String {
        switch expiry {
        case .absent: return "none"
        case .unknown: return "unknown"
        case .at(let date):
            let seconds = date.timeIntervalSince(now)
            return seconds > 0 ? countdown(seconds) : largestUnit(-seconds) + " ago"
        }
    }

    /// How long ago `date` was. `nil`: never.
    package static func ago(_ date: Date?, at now: Date) -> String {
        guard let date else { return "–" }
        let seconds = now.timeIntervalSince(date)
        return seconds < 1 ? "just now" : span(seconds) + " ago"
    }

    package static func countdown(_ seconds: Double) -> String {
        guard seconds < 3600 else { return span(seconds) }
        let whole = Int(seconds)
        return "0:\(twoDigits(whole / 60)):\(twoDigits(whole % 60))"
    }

    private static func span(_ seconds: Double) -> String {
        let minutes = Int(min(seconds, 1e12) / 60)
        switch minutes {
        case ..<1: return "\(max(Int(seconds), 0)) s"
        case ..<60: return "\(minutes) m"
        case ..<(48 * 60): return "\(minutes / 60) h \(minutes % 60) m"
        case ..<(1000 * 24 * 60): return "\(minutes / 1440) d \(minutes / 60 % 24) h"
        default: return "\(minutes / 1440 / 365) years"
        }
    }

    private static func largestUnit(_ seconds: Double) -> String {
        span(seconds).replacing(" years", with: " y").split(separator: " ").prefix(2).joined(separator: " ")
    }

    /// The time of day.
    package static func clock(_ date: Date, secondsFromUTC: Int, showsSeconds: Bool) -> String {
        let seconds = Int(date.timeIntervalSince1970.rounded(.down)) + secondsFromUTC
        let day = ((seconds % 86400) + 86400) % 86400
        let clock = "\(twoDigits(day / 3600)):\(twoDigits(day / 60 % 60))"
        return showsSeconds ? clock + ":\(twoDigits(day % 60))" : clock
    }

    /// The time of day, preceded by the day if `date` isn't today: “27 Nov 20:07”. More than half a year from `now`,
    /// only the date.
    package static func moment(_ date: Date, at now: Date, secondsFromUTC: Int) -> String {
        let (day, today) = (dayNumber(date, secondsFromUTC), dayNumber(now, secondsFromUTC))
        guard day != today else { return clock(date, secondsFromUTC: secondsFromUTC, showsSeconds: true) }
        let text = date.addingTimeInterval(Double(secondsFromUTC)).formatted(.iso8601)
        guard abs(day - today) <= 182 else { return String(text.prefix(10)) }
        return "\(self.day(date, secondsFromUTC: secondsFromUTC)) "
            + clock(date, secondsFromUTC: secondsFromUTC, showsSeconds: false)
    }

    /// The width of the longest ``moment(_:at:secondsFromUTC:)``.
    package static let momentWidth = 12

    /// The day and the month, such as “27 Nov”.
    package static func day(_ date: Date, secondsFromUTC: Int) -> String {
        let months = ["Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"]
        let text = date.addingTimeInterval(Double(secondsFromUTC)).formatted(.iso8601)
        let numbers = text.prefix(10).split(separator: "-")
        guard let month = Int(numbers[1]), let day = Int(numbers[2]) else { return numbers.joined(separator: "-") }
        return "\(day) \(months[month - 1])"
    }

    /// The number of days since 1970, for comparing days.
    package static func dayNumber(_ date: Date, _ secondsFromUTC: Int) -> Int {
        Int(((date.timeIntervalSince1970 + Double(secondsFromUTC)) / 86400).rounded(.down))
    }

    /// A duration in its largest whole unit, abbreviated: “30 s”, “15 m” or “4 h”.
    package static func short(_ duration: Duration) -> String {
        let seconds = Int(duration.inSeconds.rounded())
        let (unit, name) = [(3600, "h"), (60, "m")].first { seconds % $0.0 == 0 && seconds > 0 } ?? (1, "s")
        return "\(seconds / unit) \(name)"
    }

    /// A duration in its largest whole unit, such as “24 hours” or “30 minutes”. Days are used only from three days up.
    package static func inWords(_ duration: Duration) -> String {
        let seconds = Int(duration.inSeconds.rounded())
        let units = [(86400, "day"), (3600, "hour"), (60, "minute"), (1, "second")]
        let (unit, name) = units.first { seconds % $0.0 == 0 && ($0.0 < 86400 || seconds >= 3 * $0.0) } ?? (1, "second")
        return "\(seconds / unit) \(name)\(seconds == unit ? "" : "s")"
    }

    private static func twoDigits(_ number: Int) -> String {
        number < 10 ? "0\(number)" : "\(number)"
    }
}
