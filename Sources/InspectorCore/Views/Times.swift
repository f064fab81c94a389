package import VisitorSessions

public import struct Foundation.Date

/// Times in the words of people.
package enum Times {
    /// What is left until `expiry`. It shows seconds in the last hour, and is otherwise right for a minute.
    package static func left(_ expiry: TokenExpiry, at now: Date) -> String {
        switch expiry {
        case .absent: return "none"
        case .unknown: return "unknown"
        case .at(let date):
            let seconds = date.timeIntervalSince(now)
            return seconds > 0 ? countdown(seconds) : "over " + unit(-seconds)
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
        span(seconds).split(separator: " ").prefix(2).joined(separator: " ")
    }

    /// The time of day, with seconds or without.
    package static func clock(_ date: Date, secondsFromUTC: Int, showsSeconds: Bool) -> String {
        let seconds = Int(date.timeIntervalSince1970.rounded(.down)) + secondsFromUTC
        let day = ((seconds % 86400) + 86400) % 86400
        let clock = "\(twoDigits(day / 3600)):\(twoDigits(day / 60 % 60))"
        return showsSeconds ? clock + ":\(twoDigits(day % 60))" : clock
    }

    private static func twoDigits(_ number: Int) -> String {
        number < 10 ? "0\(number)" : "\(number)"
    }
}

extension Model {
    /// When the screen is next different by the passing of time alone. `nil`: never.
    public var nextTick: Date? {
        let second = Date(timeIntervalSince1970: now.timeIntervalSince1970.rounded(.down) + 1)
        let minute = Date(timeIntervalSince1970: (now.timeIntervalSince1970 / 60).rounded(.down) * 60 + 60)
        if showsSeconds || toast != nil { return second }
        return [list.rows.isEmpty ? nil : minute, census.nextChange, retryAt].compactMap(\.self).min()
    }

    /// Whether anything on the screen counts seconds.
    var showsSeconds: Bool {
        let visible = list.rows.dropFirst(list.top).prefix(layout.listHeight)
        return visible.contains { $0.countsSeconds(at: now) }
            || details?.content?.session.countsSeconds(at: now) == true
            || census.nextExpiry.map { $0.timeIntervalSince(now) < 3600 } == true
    }
}

extension VisitorSession {
    fileprivate func countsSeconds(at now: Date) -> Bool {
        [accessExpiry.date, refreshExpiry.date].contains { date in
            date.map { (0..<3601).contains($0.timeIntervalSince(now)) } ?? false
        }
    }
}
