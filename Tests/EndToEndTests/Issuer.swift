import Foundation
import Synchronization
import TestProcesses
import Testing
import WixHeadless

/// `session-inspector serve` in its own process.
final class Issuer: Sendable {
    let url: String
    private let child: ChildProcess
    private let hasEnded = Mutex(false)

    /// Starts it and waits until it prints its URL.
    init(_ sandbox: Sandbox, _ options: [String] = []) async throws {
        let errors = sandbox.scratchFile()
        defer { unlink(errors) }
        child = try ChildProcess(
            [Sandbox.program.path, "serve", "--quiet", "--port", "0"] + options, environment: sandbox.environment(),
            errors: errors)
        let clock = ContinuousClock()
        let deadline = clock.now + .seconds(30)
        var said = ""
        while said.split(separator: "\n", omittingEmptySubsequences: false).count < 2, clock.now < deadline {
            try await clock.sleep(for: .milliseconds(10))
            said = try String(contentsOfFile: errors, encoding: .utf8)
        }
        let match = try #require(said.firstMatch(of: /http:\/\/127\.0\.0\.1:[0-9]+/), "It said: \(said)")
        url = String(match.output)
    }

    deinit {
        stop()
    }

    /// Stops the process until ``resume()``. Connections and requests still reach it.
    func pause() {
        kill(child.id, SIGSTOP)
    }

    func resume() {
        kill(child.id, SIGCONT)
    }

    /// Stops it with SIGINT and returns its exit status. Later calls return the same status.
    @discardableResult
    func stop() -> Int32 {
        hasEnded.withLock { hasEnded in
            guard !hasEnded else { return 0 }
            hasEnded = true
            kill(child.id, SIGCONT)
            kill(child.id, SIGINT)
            return child.waitForEnd()
        }
    }

    func stats() async throws -> [String: Int] {
        let endpoint = try #require(URL(string: url + "/development/stats"))
        let answer = try await CurlTransport().send(HTTPRequest("GET", endpoint))
        return try JSONDecoder().decode([String: Int].self, from: answer.body)
    }
}
