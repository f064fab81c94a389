import Foundation

/// A sudden end at a step, by a signal that nothing can catch.
struct Death: Sendable {
    let step: String?

    init(at step: String?) {
        self.step = step
    }

    var isPlanned: Bool { step != nil }

    func pass(_ step: String) {
        if step == self.step { kill(getpid(), SIGKILL) }
    }
}
