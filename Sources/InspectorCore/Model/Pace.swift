import struct Foundation.Date

/// How often a question may be asked: the less often the longer its answer takes. So a count that costs a database half a
/// second costs it a twentieth of its time, however busy it is, and one of a few milliseconds is always fresh.
///
/// Of two answers the quicker one tells what they cost: the other may have met a busy machine, or a store that was just opened.
struct Pace: Sendable {
    /// The pause behind an answer, in times of what it took.
    private static let pause = 20.0

    private var askedAt: Date?

    /// What the last answer took, in seconds.
    private var lastTook = 0.0

    /// Until when the last answer is good enough.
    private(set) var restsUntil = Date.distantPast

    /// Whether an answer is awaited.
    var isAsked: Bool { askedAt != nil }

    mutating func begin(at now: Date) {
        askedAt = now
    }

    /// The answer is there.
    mutating func end(at now: Date) {
        guard let askedAt else { return }
        let took = max(now.timeIntervalSince(askedAt), 0)
        restsUntil = now.addingTimeInterval(min(took, lastTook) * Self.pause)
        lastTook = took
        self.askedAt = nil
    }

    /// There will be no answer.
    mutating func giveUp() {
        askedAt = nil
    }
}
