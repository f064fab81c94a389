import Foundation
import TerminalText
import VisitorSessions

/// How times are shown. The raw value names it on the screen and in the remembered view.
public enum TimeMode: String, Sendable, CaseIterable {
    case left = "what is left"
    case local = "local time"
    case utc = "UTC"
}

extension Model {
    /// When a token expires, in the current time mode.
    func end(_ expiry: TokenExpiry) -> String {
        guard times != .left, let date = expiry.date else { return Times.left(expiry, at: shownAt) }
        return moment(date)
    }

    /// When something happened, in the current time mode.
    func past(_ date: Date?) -> String {
        guard times != .left, let date else { return Times.ago(date, at: shownAt) }
        return moment(date)
    }

    func moment(_ date: Date) -> String {
        let offset = times == .utc ? 0 : options.timeZone.secondsFromGMT(for: date)
        return Times.moment(date, at: shownAt, secondsFromUTC: offset)
    }
}
