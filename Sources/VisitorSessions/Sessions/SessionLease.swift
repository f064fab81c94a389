public import struct Foundation.Date

/// The right to renew one session, held by one process until its deadline.
public struct SessionLease: Hashable, Sendable {
    /// The longest that a lease lasts.
    public static let longest = Duration.seconds(600)

    /// Who holds it, as ``SessionManager`` names itself.
    public var holder: String

    /// Until when, by the store's own clock.
    public var deadline: Date

    public init(holder: String, deadline: Date) {
        self.holder = holder
        self.deadline = deadline
    }

    /// The right of `holder` for `duration` from `now`, though never for more than ``longest``.
    public init(holder: String, from now: Date, for duration: Duration) {
        self.init(holder: holder, deadline: now + min(duration, Self.longest))
    }

    /// Whether it keeps `other` from renewing at `now`, by the store's clock. A deadline further ahead than leases last
    /// comes from a clock that has been set back since, and keeps nobody.
    public func bars(_ other: String, at now: Date) -> Bool {
        holder != other && deadline > now && deadline <= now + Self.longest
    }

    /// A holder that nobody else is, though they may go by one name.
    static func holder(named name: String) -> String {
        "\(name) \(SessionID())"
    }

    /// The name that the holder goes by.
    public var holderName: String {
        let words = holder.split(separator: " ")
        let isUnique = words.last.flatMap { SessionID($0) } != nil
        return (isUnique ? words.dropLast() : words[...]).joined(separator: " ")
    }
}
