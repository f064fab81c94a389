package import Foundation
package import VisitorSessions

/// Times as people read them.
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
        return seconds < 60 ? "just now" : span(seconds) + " ago"
    }

    package static func countdown(_ seconds: Double) -> String {
        guard seconds < 3600 else { return span(seconds) }
        let whole = Int(seconds)
        return "0:\(twoDigits(whole / 60)):\(twoDigits(whole % 60))"
    }

    private static func span(_ seconds: Double) -> String {
        let minutes = Int(min(seconds, 1e12) / 60)
        switch minutes {
        case ..<1: return "<1 m"
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

    /// The time of day if `date` is today, otherwise its day.
    package static func moment(_ date: Date, at now: Date, secondsFromUTC: Int) -> String {
        func day(_ date: Date) -> Int {
            Int(((date.timeIntervalSince1970 + Double(secondsFromUTC)) / 86400).rounded(.down))
        }
        guard day(date) != day(now) else { return clock(date, secondsFromUTC: secondsFromUTC, showsSeconds: true) }
        return String(date.addingTimeInterval(Double(secondsFromUTC)).formatted(.iso8601).prefix(10))
    }

    /// A duration in its largest whole unit, such as “24 hours” or “30 minutes”. Days count from three on.
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
