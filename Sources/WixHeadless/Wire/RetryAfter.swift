import struct Foundation.Date

/// When to come back, says a server (RFC 9110, section 10.2.3).
enum RetryAfter {
    /// The instant on the local clock, at most a day ahead. `nil` where there is none or it makes no sense.
    ///
    /// - Parameter serverDate: The server's clock now. A date is its own, so the difference to it is what counts.
    static func date(_ field: String?, now: Date, serverDate: Date?) -> Date? {
        guard let field = field.map({ SafeText.shown($0, limit: 64) }) else { return nil }
        let wait: Double
        if let seconds = Double(field), field.allSatisfy({ $0.isASCII && ($0.isNumber || $0 == ".") }) {
            wait = seconds
        } else if let date = HTTPTime.date(field, now: now) {
            wait = date.timeIntervalSince(serverDate ?? now)
        } else {
            return nil
        }
        return now.addingTimeInterval(min(max(wait, 0), 86_400))
    }
}
