/// When to look again, after a file was written and no commit is seen yet: a commit shows only after its frames
/// are on the disk. Past the last time, whoever wrote has given up, or has been this store itself.
struct RecheckSchedule {
    /// From one look to the next. Never more than a second, so that no change is seen later than that.
    private static let pauses: [Duration] = [
        .milliseconds(25), .milliseconds(75), .milliseconds(200), .milliseconds(500), .milliseconds(800),
        .milliseconds(800), .milliseconds(800), .milliseconds(800), .milliseconds(800), .milliseconds(800),
    ]

    private var index = 0

    /// How long to wait before the next look. `nil`: there is nothing more to wait for.
    mutating func next() -> Duration? {
        guard index < Self.pauses.count else { return nil }
        defer { index += 1 }
        return Self.pauses[index]
    }

    mutating func restart() {
        index = 0
    }
}
