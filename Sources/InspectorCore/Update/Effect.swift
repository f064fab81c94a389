public import VisitorSessions

public import struct Foundation.Date

/// What an update asks the world to do. Its answer comes back as a ``Message``.
public enum Effect: Sendable {
    case load(ListRequest)
    case count(at: Date)
    case open(SessionID)
    /// Find out what pasted text means.
    case read(Secret, serial: Int)
    case perform(Operation)
    case redraw
    case suspend
    case quit
}
