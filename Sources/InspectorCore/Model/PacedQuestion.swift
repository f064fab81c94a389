import VisitorSessions

import struct Foundation.Date

/// A question that is asked again whenever something changes: once at a time, and the less often the longer its answer
/// takes. So a count that costs a database half a second costs it a twentieth of its time, however busy it is, and one of a
/// few milliseconds is always fresh.
///
/// Of two answers the quicker one tells what they cost: the other may have met a busy machine, or a store that was just opened.
struct PacedQuestion: Sendable {
    /// The pause behind an answer, in times of what it took.
    private static let pause = 20.0

    private var askedAt: Date?

    /// What the last answer took, in seconds.
    private var lastTook = 0.0
    private var restsUntil = Date.distantPast
    private var isWanted = false

    /// Whether to ask now. Where not, it will be asked at ``due``.
    mutating func begin(at now: Date) -> Bool {
        isWanted = askedAt != nil || now < restsUntil
        if !isWanted { askedAt = now }
        return !isWanted
    }

    /// The answer is there.
    mutating func end(at now: Date) {
        guard let askedAt else { return }
        let took = max(now.timeIntervalSince(askedAt), 0)
        restsUntil = now.addingTimeInterval(min(took, lastTook) * Self.pause)
        lastTook = took
        self.askedAt = nil
    }

    /// When to ask again. `nil`: nobody wants to know, or the answer is on its way.
    var due: Date? { isWanted && askedAt == nil ? restsUntil : nil }

    /// There will be no answer.
    mutating func giveUp() {
        askedAt = nil
        isWanted = false
    }
}
