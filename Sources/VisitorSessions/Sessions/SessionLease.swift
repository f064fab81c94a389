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
}
