public import struct Foundation.Date

/// What a scheduler does, and why: for a log, a header, a person who wonders.
@nonexhaustive
public enum SchedulerReport: Hashable, Sendable {
    /// Nothing has to be done until then, unless the store changes.
    case idle(until: Date)

    /// It renews this session before it ends.
    case renewing(SessionID)

    /// That renewal failed. The session is kept, and it is tried again, unless it was refused.
    case failed(SessionID, SessionError.Kind, message: String)

    /// So many sessions will end before their turn comes: the issuer takes no more requests in the time that is left.
    /// They are renewed as soon as it does.
    case behind(sessions: Int)

    /// The issuer is not asked before then, and why.
    case issuerWaits(until: Date, reason: String)

    /// The store cannot be read; it is asked again then.
    case storeAway(until: Date, message: String)

    /// The machine's clock was set by so many seconds, forwards or (negative) back. Everything is worked out anew.
    case clockSet(seconds: Double)

    /// Nothing ran for so long beyond what was meant: the machine was asleep, or the process stopped.
    case wokeUp(late: Duration)
}
