package import Foundation
package import VisitorSessions

/// Times in the words of people.
public enum Times {
    /// How times are shown.
    public enum Mode: String, Sendable, CaseIterable {
        case left = "what is left"
        case local = "local time"
        case utc = "UTC"
    }

    /// What is left until `expiry`. It shows seconds in the last hour, and is otherwise right for a minute.
    package static func left(_ expiry: TokenExpiry, at now: Date) -> String {
        switch expiry {
        case .absent: return "none"
        case .unknown: return "unknown"
        case .at(let date):
            let seconds = date.timeIntervalSince(now)
            return seconds > 0 ? countdown(seconds) : unit(-seconds) + " ago"
        }
    }

    /// How long ago that was. `nil`: never.
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

    /// The same in its greatest unit alone.
    private static func unit(_ seconds: Double) -> String {
        span(seconds).replacing(" years", with: " y").split(separator: " ").prefix(2).joined(separator: " ")
    }

    /// The time of day, with seconds or without.
    package static func clock(_ date: Date, secondsFromUTC: Int, showsSeconds: Bool) -> String {
        let seconds = Int(date.timeIntervalSince1970.rounded(.down)) + secondsFromUTC
        let day = ((seconds % 86400) + 86400) % 86400
        let clock = "\(twoDigits(day / 3600)):\(twoDigits(day / 60 % 60))"
        return showsSeconds ? clock + ":\(twoDigits(day % 60))" : clock
    }

    /// The time of a day that is today, else the day.
    package static func moment(_ date: Date, at now: Date, secondsFromUTC: Int) -> String {
        func day(_ date: Date) -> Int {
            Int(((date.timeIntervalSince1970 + Double(secondsFromUTC)) / 86400).rounded(.down))
        }
        guard day(date) != day(now) else { return clock(date, secondsFromUTC: secondsFromUTC, showsSeconds: true) }
        return String(date.addingTimeInterval(Double(secondsFromUTC)).formatted(.iso8601).prefix(10))
    }

    /// How long something is, such as “24 hours” or “30 minutes”.
    package static func inWords(_ duration: Duration) -> String {
        let seconds = Int(duration.inSeconds.rounded())
        let units = [(86400, "day"), (3600, "hour"), (60, "minute"), (1, "second")]
        // A day and a half is 36 hours, and one day 24.
        let (unit, name) = units.first { seconds % $0.0 == 0 && ($0.0 < 86400 || seconds >= 3 * $0.0) } ?? (1, "second")
        return "\(seconds / unit) \(name)\(seconds == unit ? "" : "s")"
    }

    private static func twoDigits(_ number: Int) -> String {
        number < 10 ? "0\(number)" : "\(number)"
    }
}

extension Model {
    /// When a token ends, as the screen shows times now.
    func end(_ expiry: TokenExpiry) -> String {
        guard times != .left, let date = expiry.date else { return Times.left(expiry, at: shownAt) }
        return moment(date)
    }

    /// When something was, as the screen shows times now.
    func past(_ date: Date?) -> String {
        guard times != .left, let date else { return Times.ago(date, at: shownAt) }
        return moment(date)
    }

    func moment(_ date: Date) -> String {
        let offset = times == .utc ? 0 : options.timeZone.secondsFromGMT(for: date)
        return Times.moment(date, at: shownAt, secondsFromUTC: offset)
    }
}
