import Foundation
import TestProcesses

/// A bare terminal, for counting the bytes that a program writes to it: tmux does not tell them.
final class PseudoTerminal: Sendable {
    private let master: Int32
    private let child: Spawned

    /// Runs the program in a terminal of this size.
    init(_ sandbox: Sandbox, _ arguments: [String], width: UInt16 = 120, height: UInt16 = 36) throws {
        var (outer, inner): (Int32, Int32) = (-1, -1)
        var name = [CChar](repeating: 0, count: 128)
        var size = winsize(ws_row: height, ws_col: width, ws_xpixel: 0, ws_ypixel: 0)
        guard openpty(&outer, &inner, &name, nil, &size) == 0 else { throw POSIXError(.ENXIO) }
        for end in [outer, inner] { _ = fcntl(end, F_SETFD, FD_CLOEXEC) }
        master = outer
        // As long as nobody has it open, a terminal hangs up.
        defer { close(inner) }
        let path = String(decoding: name.prefix { $0 != 0 }.map { UInt8(bitPattern: $0) }, as: UTF8.self)
        child = try Spawned(
            [Sandbox.program.path] + arguments, environment: sandbox.environment(), input: path, output: path)
    }

    deinit {
        kill(child.id, SIGKILL)
        child.waitForEnd()
        close(master)
    }

    /// What it writes until it has been silent for `silence`. Empty: nothing was written at all.
    func output(silence: Duration) async -> String {
        await withCheckedContinuation { continuation in
            Thread.detachNewThread { [self] in continuation.resume(returning: read(silence: silence)) }
        }
    }

    private func read(silence: Duration) -> String {
        var bytes: [UInt8] = []
        var piece = [UInt8](repeating: 0, count: 65536)
        while true {
            var source = pollfd(fd: master, events: Int16(POLLIN), revents: 0)
            guard poll(&source, 1, Int32(silence / .milliseconds(1))) > 0 else { break }
            let count = Foundation.read(master, &piece, piece.count)
            guard count > 0 else { break }
            bytes += piece.prefix(count)
        }
        return String(decoding: bytes, as: UTF8.self)
    }
}
