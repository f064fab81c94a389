public import struct Foundation.Date

/// The right to renew one session, held by one process until its deadline.
public struct SessionLease: Hashable, Sendable {
    /// Who holds it, as ``SessionManager`` names itself.
    public var holder: String

    /// Until when, by the store's own clock.
    public var deadline: Date

    public init(holder: String, deadline: Date) {
        self.holder = holder
        self.deadline = deadline
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
