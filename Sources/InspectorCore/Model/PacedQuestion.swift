import VisitorSessions

import struct Foundation.Date

/// A question that is asked again whenever something changes: once at a time, and the less often the longer its answer
/// takes. So a count that costs a database half a second costs it a twentieth of its time, however busy it is, and one of a
/// few milliseconds is always fresh.
struct PacedQuestion: Sendable {
    /// The pause behind an answer, in times of what it took.
    private static let pause = 20.0

    private var askedAt: Date?
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
        restsUntil = now.addingTimeInterval(max(now.timeIntervalSince(askedAt), 0) * Self.pause)
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
