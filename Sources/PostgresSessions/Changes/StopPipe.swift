import Foundation
import Synchronization

/// Ends a wait in `poll`, from any thread and for good. Owns its descriptors.
final class StopPipe: Sendable {
    /// Can be read as soon as it is stopped.
    let descriptor: Int32
    private let end: Int32
    private let stopped = Atomic(false)

    /// `nil`: the process has no descriptor left.
    init?() {
        var ends: [Int32] = [0, 0]
        guard pipe(&ends) == 0 else { return nil }
        (descriptor, end) = (ends[0], ends[1])
        for end in ends { _ = fcntl(end, F_SETFD, FD_CLOEXEC) }
    }

    deinit {
        close(descriptor)
        close(end)
    }

    var isStopped: Bool { stopped.load(ordering: .acquiring) }

    func stop() {
        stopped.store(true, ordering: .releasing)
        var byte: UInt8 = 0
        _ = write(end, &byte, 1)
    }

    /// Returns as soon as it is stopped.
    func wait(atMost pause: Duration) {
        var descriptors = [pollfd(fd: descriptor, events: Int16(POLLIN), revents: 0)]
        poll(&descriptors, 1, Int32(pause / .milliseconds(1)))
    }
}
