import Foundation
import Synchronization
import TestProcesses
import Testing

/// The site in `Site/site.cjs`, in its own process.
final class Site: Sendable {
    /// What a page showed.
    struct Seen: Decodable, Hashable {
        var page: String

        /// Tells this load of the page from others.
        var load: String
        var visitor: String

        /// The end of the access token.
        var access: String
    }

    let url: String
    private let child: ChildProcess
    private let output: String
    private let input: Int32
    private let hasEnded = Mutex(false)

    init(_ sandbox: Sandbox, issuer: String) async throws {
        let script = URL(filePath: #filePath).deletingLastPathComponent().appending(path: "Site/site.cjs")
        // It ends when this process closes the FIFO.
        let fifo = sandbox.scratchFile()
        try #require(mkfifo(fifo, 0o600) == 0)
        input = open(fifo, O_RDWR | O_CLOEXEC)
        output = sandbox.scratchFile()
        child = try ChildProcess(
            ["node", script.path, issuer], environment: sandbox.environment(), input: fifo, output: output,
            errors: output)
        let output = output
        let port = try await Patience.wait(for: "the site's port") {
            try? String(contentsOfFile: output, encoding: .utf8).split(separator: "\n").first.map(String.init)
        }
        url = "http://localhost:\(port)"
    }

    deinit {
        stop()
    }

    func stop() {
        hasEnded.withLock { hasEnded in
            guard !hasEnded else { return }
            hasEnded = true
            kill(child.id, SIGKILL)
            child.waitForEnd()
            close(input)
        }
    }

    /// What pages showed so far.
    func seen() throws -> [Seen] {
        let text = try String(contentsOfFile: output, encoding: .utf8)
        // The last line may be incomplete.
        return text.split(separator: "\n", omittingEmptySubsequences: false).dropFirst().dropLast().compactMap {
            try? JSONDecoder().decode(Seen.self, from: Data($0.utf8))
        }
    }

    /// Waits until a page shows something that `isExpected`.
    func waitUntilSeen(_ what: String, _ isExpected: (Seen) -> Bool = { _ in true }) async throws -> Seen {
        try await Patience.wait(for: what) { try seen().last(where: isExpected) }
    }
}

/// Waits for what other processes do.
enum Patience {
    /// The first value that `look` finds within a minute.
    @discardableResult
    static func wait<Value>(for what: String, _ look: () async throws -> Value?) async throws -> Value {
        let clock = ContinuousClock()
        let deadline = clock.now + .seconds(60)
        while clock.now < deadline {
            if let value = try await look() { return value }
            try await clock.sleep(for: .milliseconds(20))
        }
        throw Missing(what: what)
    }

    struct Missing: Error, CustomStringConvertible {
        var what: String
        var description: String { "There was no sign of \(what)." }
    }
}
