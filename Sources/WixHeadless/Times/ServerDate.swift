public import struct Foundation.Date

/// The time in a `Date` header field (RFC 9110, section 6.6.1).
public enum ServerDate {
    /// `nil` where `text` is none.
    public static func read(_ text: String) -> Date? {
        HTTPTime.date(text, now: Date())
    }
}
