import CNcurses
import Foundation

/// Keeps standard error away from the screen: what is written to it meanwhile comes out at the end.
final class QuietStderr {
    private static let limit = 64 * 1024

    private let original: Int32
    private let kept: Int32

    init() {
        original = dup(STDERR_FILENO)
        // A file that loses its name at once: readable by nobody else, and gone with the process.
        var path = Array((FileManager.default.temporaryDirectory.path + "/session-inspector.XXXXXX").utf8CString)
        kept = mkstemp(&path)
        if kept >= 0 { unlink(&path) }
        let target = kept >= 0 ? kept : open("/dev/null", O_WRONLY | O_CLOEXEC)
        guard original >= 0, target >= 0 else { return }
        dup2(target, STDERR_FILENO)
        cn_tell_on_crash(kept, original)
    }

    func release() {
        guard original >= 0 else { return }
        cn_tell_on_crash(-1, -1)
        dup2(original, STDERR_FILENO)
        Foundation.close(original)
        guard kept >= 0 else { return }
        var buffer = [UInt8](repeating: 0, count: Self.limit)
        let count = pread(kept, &buffer, buffer.count, 0)
        if count > 0 { FileHandle.say(String(decoding: buffer.prefix(count), as: UTF8.self)) }
        Foundation.close(kept)
    }
}
