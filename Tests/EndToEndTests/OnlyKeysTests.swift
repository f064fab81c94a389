import Foundation
import Testing

@Suite("Only keys are keys", .timeLimit(.minutes(3)))
struct OnlyKeysTests {
    private static let keyboardOff = "\u{1B}[<u\u{1B}[>4;0m"

    /// An inspector with an issuer and an empty store.
    private func opened(
        environment: [String: String] = [:]
    ) async throws -> (sandbox: Sandbox, issuer: Issuer, terminal: PseudoTerminal) {
        let sandbox = try Sandbox()
        let issuer = try await Issuer(sandbox)
        let terminal = try PseudoTerminal(sandbox, ["--issuer", issuer.url], environment: environment)
        try await terminal.await("the list") { $0.contains("No sessions yet.") }
        return (sandbox, issuer, terminal)
    }

    @Test("Recorded terminal input never runs as keys, however it's split")
    func recordedInput() async throws {
        let folder = URL(filePath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
            .appending(path: "InspectorTerminalTests/Fixtures")
        let files = try FileManager.default.contentsOfDirectory(at: folder, includingPropertiesForKeys: nil)
        #expect(!files.isEmpty)
        let (sandbox, issuer, terminal) = try await opened()
        defer { issuer.stop() }
        for file in files {
            let bytes = try Data(contentsOf: file)
            for cut in 0...bytes.count {
                terminal.send(bytes[..<cut])
                terminal.send(bytes[cut...])
            }
        }
        // Keys are handled in order: when this one takes effect, all earlier ones have been handled.
        terminal.send("?")
        try await terminal.await("the help") { $0.contains("Keys in the list") }
        #expect(try await issuer.stats()["requests"] == 0)
        #expect(try await sandbox.sessions(["--state", "valid"]).isEmpty)
    }

    @Test("In tmux, recorded terminal input never runs as keys")
    func recordedInputInTmux() async throws {
        let sandbox = try Sandbox()
        let issuer = try await Issuer(sandbox)
        defer { issuer.stop() }
        let terminal = try await Terminal(sandbox, ["--issuer", issuer.url])
        try await terminal.await("No sessions yet.")
        try await terminal.send("\u{1B}]11;rgb:1e1e/1e1e/2e2e\u{1B}\\")
        try await terminal.send("\u{1B}[Mggg\u{1B}P>|grdy\u{1B}\\?")
        try await terminal.await("Keys in the list")
        #expect(try await issuer.stats()["requests"] == 0)
    }

    @Test(
        "A kitty keyboard protocol left on is decoded and switched off",
        arguments: ["\u{1B}[99;5u", "\u{1B}[27;5;99~"])
    func kitty(interrupt: String) async throws {
        let (_, issuer, terminal) = try await opened()
        defer { issuer.stop() }
        terminal.send(":")
        try await terminal.await("the palette") { $0.contains("Enter run") }
        terminal.send("\u{1B}[27u?")
        try await terminal.await("the help") { $0.contains("Keys in the list") }
        try await terminal.await("the reset at the start") { $0.contains(Self.keyboardOff) }
        terminal.send(interrupt)
        try await terminal.awaitEnd()
        try await terminal.await("the reset at the end") { $0.components(separatedBy: Self.keyboardOff).count == 3 }
    }

    @Test("A crash switches the keyboard protocols off")
    func crash() async throws {
        let (_, issuer, terminal) = try await opened()
        defer { issuer.stop() }
        terminal.signal(SIGSEGV)
        try await terminal.awaitEnd()
        try await terminal.await("the reset") { $0.components(separatedBy: Self.keyboardOff).count == 3 }
    }

    @Test("^c quits even if the end of a paste or a terminal reply is missing")
    func lostEnd() async throws {
        for start in ["\u{1B}[200~dyQ", "\u{1B}]11;rgb:", "\u{1B}[M"] {
            let (_, issuer, terminal) = try await opened()
            defer { issuer.stop() }
            terminal.send(start)
            // Sent together with the preceding bytes it would belong to them.
            _ = await terminal.output(silence: .milliseconds(100))
            for _ in 0..<8 where !terminal.hasEnded {
                terminal.send("\u{3}")
                _ = await terminal.output(silence: .milliseconds(400))
            }
            try await terminal.awaitEnd()
        }
    }

    @Test("An Esc waits ESCDELAY for the rest of an arrow key")
    func escapeDelay() async throws {
        let (_, issuer, terminal) = try await opened(environment: ["ESCDELAY": "60000"])
        defer { issuer.stop() }
        terminal.send(":")
        try await terminal.await("the palette") { $0.contains("Enter run") }
        _ = await terminal.output(silence: .milliseconds(300))
        terminal.send("\u{1B}")
        #expect(await terminal.output(silence: .milliseconds(300)).isEmpty)
        terminal.send("[B\r")
        // The second command of the palette reports that it has nothing to act on.
        try await terminal.await("the second command") { $0.contains("There are no sessions yet") }
        #expect(try await issuer.stats()["requests"] == 0)
    }
}
