import CNcurses
import Foundation
import TerminalText

/// Keeps standard error away from the screen, and writes it out at the end.
final class StderrCapture {
    private static let limit = 64 * 1024

    /// Standard error before it was captured.
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
