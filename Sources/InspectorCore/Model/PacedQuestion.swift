import VisitorSessions

import struct Foundation.Date

/// A question that is asked again whenever something changes: once at a time, and at its ``Pace``.
struct PacedQuestion: Sendable {
    private var pace = Pace()
    private var isWanted = false

    /// Whether to ask now. Where not, it will be asked at ``due``.
    mutating func begin(at now: Date) -> Bool {
        isWanted = pace.isAsked || now < pace.restsUntil
        if !isWanted { pace.begin(at: now) }
        return !isWanted
    }

    /// The answer is there.
    mutating func end(at now: Date) {
        pace.end(at: now)
    }

    /// When to ask again. `nil`: nobody wants to know, or the answer is on its way.
    var due: Date? { isWanted && !pace.isAsked ? pace.restsUntil : nil }

    /// There will be no answer.
    mutating func giveUp() {
        pace.giveUp()
        isWanted = false
    }
}
