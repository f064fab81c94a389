import CNcurses
import Foundation
import InspectorCore
import Synchronization
import TerminalText

/// The pipe that wakes the loop: signals and the mailbox write to it (the self-pipe trick).
final class WakeUpPipe: Sendable {
    /// The mailbox's byte. Every other byte is the number of a signal.
    static let mail: UInt8 = 0

    let reading: Int32
    let writing: Int32

    init() throws(TerminalError) {
        var ends: [Int32] = [0, 0]
        guard pipe(&ends) == 0 else {
            throw TerminalError(description: "The inspector can't start: too many open files.")
        }
        for end in ends {
            _ = fcntl(end, F_SETFL, O_NONBLOCK)
            _ = fcntl(end, F_SETFD, FD_CLOEXEC)
        }
        reading = ends[0]
        writing = ends[1]
    }

    deinit {
        close(reading)
        close(writing)
    }

    /// Writes a byte, unless the pipe is full: then its reader wakes up anyway.
    func write(_ byte: UInt8) {
        var byte = byte
        _ = Foundation.write(writing, &byte, 1)
    }

    /// The signals since the last call.
    func drain() -> [Int32] {
        var bytes = [UInt8](repeating: 0, count: 256)
        let count = read(reading, &bytes, bytes.count)
        return bytes.prefix(max(count, 0)).filter { $0 != Self.mail }.map(Int32.init)
    }
}

/// Collects the answers to effects and wakes the loop for them.
final class Mailbox: Sendable {
    private let messages = Mutex<[Message]>([])
    private let wakeUp: WakeUpPipe

    init(_ wakeUp: WakeUpPipe) {
        self.wakeUp = wakeUp
    }

    func post(_ message: Message) {
        let wasEmpty = messages.withLock { messages in
            messages.append(message)
            return messages.count == 1
        }
        if wasEmpty { wakeUp.write(WakeUpPipe.mail) }
    }

    func drain() -> [Message] {
        messages.withLock { messages in
            defer { messages.removeAll() }
            return messages
        }
    }
}

/// Keeps standard error away from the screen, and writes it out at the end.
final class StderrCapture {
    private static let limit = 64 * 1024

    /// The original standard error, from before it was captured.
    let original: Int32
    private let kept: Int32

    init() {
        original = fcntl(STDERR_FILENO, F_DUPFD_CLOEXEC, STDERR_FILENO + 1)
        // The file has no name: no other process can open it, and it disappears with this one.
        var path = Array((FileManager.default.temporaryDirectory.path + "/session-inspector.XXXXXX").utf8CString)
        kept = mkstemp(&path)
        if kept >= 0 {
            unlink(&path)
            _ = fcntl(kept, F_SETFD, FD_CLOEXEC)
        }
        let target = kept >= 0 ? kept : open("/dev/null", O_WRONLY | O_CLOEXEC)
        guard original >= 0, target >= 0 else { return }
        dup2(target, STDERR_FILENO)
        cn_copy_on_crash(kept, original)
    }

    func release() {
        guard original >= 0 else { return }
        cn_copy_on_crash(-1, -1)
        dup2(original, STDERR_FILENO)
        Foundation.close(original)
        guard kept >= 0 else { return }
        var buffer = [UInt8](repeating: 0, count: Self.limit)
        let count = pread(kept, &buffer, buffer.count, 0)
        if count > 0 { StandardError.write(String(decoding: buffer.prefix(count), as: UTF8.self)) }
        Foundation.close(kept)
    }
}
