import Foundation
import TestProcesses
import Testing

/// A tmux server running the program.
final class Terminal: Sendable {
    private let socket = "inspector-\(UUID().uuidString)"
    private let sandbox: Sandbox

    /// Runs the program with `arguments`, or a shell if there are none.
    init(
        _ sandbox: Sandbox, _ arguments: [String]?, width: Int = 110, height: Int = 32,
        environment: [String: String] = [:]
    ) async throws {
        self.sandbox = sandbox
        let settings = sandbox.environment(environment).map { "\($0.key)=\($0.value)" }
        let command = arguments.map { [Sandbox.program.path] + $0 } ?? ["sh", "-i"]
        try await tmux(
            ["-f", "/dev/null", "new-session", "-d", "-x", "\(width)", "-y", "\(height)"]
                // Programs in tmux find TMUX in their environment.
                + ["sh", "-c", "exec env -i TMUX=\"$TMUX\" \"$@\"", "sh"]
                + settings.filter { !$0.hasPrefix("TERM=") } + ["TERM=\(environment["TERM"] ?? "screen-256color")"]
                + command)
    }

    deinit {
        do {
            try ChildProcess(["tmux", "-L", socket, "kill-server"], environment: sandbox.environment()).waitForEnd()
        } catch {
            // Without tmux there is no server.
        }
    }

    func press(_ keys: String...) async throws {
        try await tmux(["send-keys"] + keys)
    }

    /// Types a line into a shell.
    func type(_ line: String) async throws {
        try await tmux(["send-keys", "-l", line])
        try await tmux(["send-keys", "Enter"])
    }

    /// Pastes text as a terminal with bracketed paste does.
    func paste(_ text: String) async throws {
        let file = sandbox.scratchFile()
        try Data(text.utf8).write(to: URL(filePath: file))
        defer { unlink(file) }
        try await tmux(["load-buffer", file])
        try await tmux(["paste-buffer", "-p"])
    }

    /// Sends bytes as a terminal would, such as a mouse press.
    func send(_ bytes: String) async throws {
        try await tmux(["send-keys", "-l", bytes])
    }

    /// The contents of tmux's paste buffer.
    func clipboard() async throws -> String {
        try await tmux(["show-buffer"])
    }

    func title() async throws -> String {
        try await tmux(["display-message", "-p", "#{pane_title}"])
    }

    func resize(width: Int, height: Int) async throws {
        try await tmux(["resize-window", "-x", "\(width)", "-y", "\(height)"])
    }

    func screen() async throws -> String {
        try await tmux(["capture-pane", "-p"])
    }

    /// The process running in the terminal.
    func processID() async throws -> pid_t {
        let text = try await tmux(["display-message", "-p", "#{pane_pid}"])
        return try #require(pid_t(text.trimmingCharacters(in: .whitespacesAndNewlines)))
    }

    /// Waits until `condition` accepts the screen, and returns it.
    @discardableResult
    func await(
        _ what: String, within limit: Duration = .seconds(20), sourceLocation: SourceLocation = #_sourceLocation,
        _ condition: (String) -> Bool
    ) async throws -> String {
        let clock = ContinuousClock()
        let deadline = clock.now + limit
        var screen = ""
        while clock.now < deadline {
            screen = try await self.screen()
            if condition(screen) { return screen }
            try await clock.sleep(for: .milliseconds(30))
        }
        Issue.record("Waited in vain for \(what). The screen:\n\(screen)", sourceLocation: sourceLocation)
        throw CancellationError()
    }

    /// Waits until `text` is on the screen.
    @discardableResult
    func await(
        _ text: String, within limit: Duration = .seconds(20), sourceLocation: SourceLocation = #_sourceLocation
    ) async throws -> String {
        try await self.await("“\(text)”", within: limit, sourceLocation: sourceLocation) { $0.contains(text) }
    }

    @discardableResult
    private func tmux(_ arguments: [String]) async throws -> String {
        let file = sandbox.scratchFile()
        defer { unlink(file) }
        let child = try ChildProcess(
            ["tmux", "-L", socket] + arguments, environment: sandbox.environment(), output: file, errors: file)
        let status = await child.end()
        let output = try String(contentsOfFile: file, encoding: .utf8)
        if status != 0 { Issue.record("tmux \(arguments.first ?? ""): \(output)") }
        return output
    }
}
