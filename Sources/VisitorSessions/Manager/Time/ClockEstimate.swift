import struct Foundation.Date

/// What is known of the issuer's clock: how far it is ahead of this machine's wall clock. A pure value.
///
/// Learnt from the `Date` of answers (RFC 9110, section 6.6.1), which tells whole seconds, and was written some
/// time between the request and the answer. So one answer is only so good: near ones are smoothed, and one that is
/// far off counts from the second time on, for a server may err once. A wall clock that is set leaves the
/// issuer's alone, and is taken out of the estimate at once.
struct ClockEstimate: Sendable {
    /// A round trip that took longer says too little.
    private static let longestRoundTrip = 10.0

    /// How far off a machine's clock is believed to be: a day. What a server says beyond is not taken.
    private static let bound = 86_400.0
    private static let weight = 0.25

    /// By how far wall and monotonic clock may part before it counts as a jump: more than clocks are slewed by.
    private static let tolerance = 2.0

    /// Seconds by which the issuer's clock is ahead of the wall clock.
    private(set) var offset = 0.0
    private var isLearnt = false
    private var isRecalled = false
    var isKnown: Bool { isLearnt || isRecalled }

    /// What a store says that ``offset`` is. `nil`: nothing, or nothing that is certain.
    private var stored: Double?
    private var surprise: Double?
    private var last: (wall: Date, elapsed: Duration)?

    /// Takes note of an answer that said `serverDate`, and came between `sent` and `received` of the wall clock.
    mutating func learn(_ serverDate: Date, sent: Date, received: Date) {
        let roundTrip = received.timeIntervalSince(sent)
        guard (0...Self.longestRoundTrip).contains(roundTrip) else { return }
        // The whole second that it named had run for half a second, on average.
        let sample = serverDate.timeIntervalSince(sent) + 0.5 - roundTrip / 2
        guard abs(sample) <= Self.bound else { return }
        let uncertainty = 1 + roundTrip / 2
        if !isLearnt {
            isLearnt = true
            // Within what a `Date` can tell, the clocks agree.
            offset = abs(sample) <= uncertainty ? 0 : sample
        } else if abs(sample - offset) <= uncertainty {
            surprise = nil
            offset += (sample - offset) * Self.weight
        } else if let surprise, abs(sample - surprise) <= uncertainty {
            self.surprise = nil
            offset = sample
        } else {
            surprise = sample
        }
    }

    /// Begins with what a store knows. The first answer corrects it: what is stored may be out of date.
    mutating func recall(_ offset: Double, isCertain: Bool) {
        guard !isLearnt else { return }
        self.offset = offset
        isRecalled = true
        stored = isCertain ? offset : nil
    }

    /// Whether an answer has told what no store knows. ``offset`` counts as stored from then on.
    mutating func takeNews() -> Bool {
        guard isLearnt, stored.map({ abs(offset - $0) > StoredClockReading.tolerance }) ?? true else { return false }
        stored = offset
        return true
    }

    /// Storing it has failed.
    mutating func forgetStored() {
        stored = nil
    }

    /// Compares how far both clocks have come since the last look. Returns by how much the wall clock has been set,
    /// in seconds, where it has.
    mutating func observe(wall: Date, elapsed: Duration) -> Double? {
        defer { last = (wall, elapsed) }
        guard let last else { return nil }
        let jump = wall.timeIntervalSince(last.wall) - (elapsed - last.elapsed).inSeconds
        guard abs(jump) > Self.tolerance else { return nil }
        if isKnown { offset -= jump }
        surprise = nil
        // Other processes can't tell whether the clock was set or the machine paused: the next answer is stored again.
        stored = nil
        return jump
    }
}
