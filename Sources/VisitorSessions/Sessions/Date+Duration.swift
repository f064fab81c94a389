public import struct Foundation.Date

extension Duration {
    /// The duration in seconds.
    public var inSeconds: Double {
        let (seconds, attoseconds) = components
        return Double(seconds) + Double(attoseconds) / 1e18
    }
}

extension Date {
    public static func + (date: Date, duration: Duration) -> Date {
        date.addingTimeInterval(duration.inSeconds)
    }

    public static func - (date: Date, duration: Duration) -> Date {
        date.addingTimeInterval(-duration.inSeconds)
    }
}
