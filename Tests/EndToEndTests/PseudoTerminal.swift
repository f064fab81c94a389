import Foundation
import Synchronization
import TestProcesses
import Testing

/// A pseudo-terminal for exact bytes in both directions, which tmux would change.
final class PseudoTerminal: Sendable {
    private let master: Mutex<Int32>
    private let child: ChildProcess

    private let written = Mutex("")

    /// Runs the program in a terminal of this size.
    init(
        _ sandbox: Sandbox, _ arguments: [String], width: UInt16 = 120, height: UInt16 = 36,
        environment: [String: String] = [:]
    ) throws {
        var (outer, inner): (Int32, Int32) = (-1, -1)
        var name = [CChar](repeating: 0, count: 128)
        var size = winsize(ws_row: height, ws_col: width, ws_xpixel: 0, ws_ypixel: 0)
        guard openpty(&outer, &inner, &name, nil, &size) == 0 else { throw POSIXError(.ENXIO) }
        for end in [outer, inner] { _ = fcntl(end, F_SETFD, FD_CLOEXEC) }
        master = Mutex(outer)
        // A terminal hangs up while no process has it open.
        defer { close(inner) }
        let path = String(decoding: name.prefix { $0 != 0 }.map { UInt8(bitPattern: $0) }, as: UTF8.self)
        child = try ChildProcess(
            [Sandbox.program.path] + arguments, environment: sandbox.environment(environment), input: path, output: path
        )
    }

    deinit {
        kill(child.id, SIGKILL)
        child.waitForEnd()
        hangUp()
    }

    /// Sends bytes in one write.
    func send(_ bytes: some Collection<UInt8>) {
        _ = master.withLock { Foundation.write($0, Array(bytes), bytes.count) }
    }

    func send(_ text: String) {
        send(Array(text.utf8))
    }

    func signal(_ number: Int32) {
        kill(child.id, number)
    }

    /// Closes the terminal, as closing its window does.
    func hangUp() {
        master.withLock { master in
            if master >= 0 { close(master) }
            master = -1
        }
    }

    /// Whether the program has exited. Doesn't wait.
    var hasEnded: Bool {
        var info = siginfo_t()
        let isKnown = waitid(P_PID, id_t(child.id), &info, WEXITED | WNOHANG | WNOWAIT) == 0
        return isKnown && info.si_signo == SIGCHLD
    }

    /// Waits until `condition` accepts everything written so far.
    func await(
        _ what: String, within limit: Duration = .seconds(20), sourceLocation: SourceLocation = #_sourceLocation,
        _ condition: (String) -> Bool
    ) async throws {
        let deadline = ContinuousClock.now + limit
        while ContinuousClock.now < deadline {
            _ = await output(silence: .milliseconds(20))
            if condition(written.withLock { $0 }) { return }
        }
        Issue.record(
            "Waited in vain for \(what). Written: \(written.withLock { $0 }.debugDescription)",
            sourceLocation: sourceLocation)
        throw CancellationError()
    }

    /// Waits until the program exits.
    func awaitEnd(within limit: Duration = .seconds(20), sourceLocation: SourceLocation = #_sourceLocation) async throws
    {
        try await self.await("its end", within: limit, sourceLocation: sourceLocation) { _ in hasEnded }
    }

    /// The output until nothing was written for `silence`. May be empty.
    func output(silence: Duration) async -> String {
        await withCheckedContinuation { continuation in
            Thread.detachNewThread { [self] in continuation.resume(returning: read(silence: silence)) }
        }
    }

    private func read(silence: Duration) -> String {
        let master = master.withLock { $0 }
        var bytes: [UInt8] = []
        var piece = [UInt8](repeating: 0, count: 65536)
        while true {
            var source = pollfd(fd: master, events: Int16(POLLIN), revents: 0)
            guard poll(&source, 1, Int32(silence / .milliseconds(1))) > 0 else { break }
            let count = Foundation.read(master, &piece, piece.count)
            guard count > 0 else { break }
            bytes += piece.prefix(count)
        }
        let text = String(decoding: bytes, as: UTF8.self)
        written.withLock { $0 += text }
        return text
    }
}
