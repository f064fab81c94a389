public import struct Foundation.Date

extension HTTPResponse {
    /// The server's clock when it answered (RFC 9110, section 6.6.1). `nil` where it doesn't tell.
    public var serverDate: Date? {
        header("Date").flatMap { HTTPTime.date($0, now: Date()) }
    }
}
