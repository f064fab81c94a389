/// Keeps a question to one at a time: asked again meanwhile, it is asked once more when the answer is there.
struct OneAtATime: Sendable {
    private var isUnderWay = false
    private var isAskedAgain = false

    /// Whether to ask now.
    mutating func begin() -> Bool {
        isAskedAgain = isUnderWay
        defer { isUnderWay = true }
        return !isUnderWay
    }

    /// The answer is there. Whether to ask again.
    mutating func end() -> Bool {
        isUnderWay = false
        return isAskedAgain
    }

    /// There will be no answer.
    mutating func giveUp() {
        isUnderWay = false
        isAskedAgain = false
    }
}
