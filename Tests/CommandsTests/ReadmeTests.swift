import ArgumentParser
import Foundation
import InspectorCore
import SQLiteSessions
import Testing
import VisitorSessions
import WixHeadless

@testable import Commands

@Suite("The README")
struct ReadmeTests {
    private static let root = URL(filePath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
        .deletingLastPathComponent()
    private let text: String

    init() throws {
        text = try String(contentsOf: Self.root.appending(path: "README.md"), encoding: .utf8)
    }

    @Test("Its table of keys matches the keymap")
    func keys() {
        let table = Keymap.standard.bindings.filter(\.isListed).map { binding in
            "| \(binding.keys.map { "`\($0.name)`" }.joined(separator: " ")) | \(binding.help) |"
        }
        #expect(text.contains(table.joined(separator: "\n")))
    }

    @Test("It names every command")
    func commands() {
        for command in SessionInspector.configuration.subcommands {
            #expect(text.contains("`\(command._commandName)`"))
        }
    }

    @Test("Its pictures exist")
    func pictures() {
        for match in text.matches(of: /\]\((screenshots\/[^)]+)\)/) {
            #expect(FileManager.default.fileExists(atPath: Self.root.appending(path: match.output.1).path))
        }
    }

    /// The README's example, verbatim.
    private func example(storeURL: URL, keyURL: URL, clientID: String) async throws -> Tokens {
        let store = try SQLiteSessionStore.open(at: storeURL, key: .file(SealingKeyFile(keyURL)))
        let manager = SessionManager(
            store: store, issuer: WixTokenIssuer(transport: CurlTransport()), name: "shop 1")

        let session = try await manager.generate(label: "first visit", clientID: clientID)
        let tokens = try await manager.tokens(of: session.id)  // renewed first if it is about to expire
        return tokens
    }

    @Test("Its example compiles")
    func exampleIsCompiled() throws {
        let source = try String(contentsOfFile: #filePath, encoding: .utf8)
        let example = try #require(text.firstMatch(of: /```swift\n((?:.|\n)*?)```/)?.output.1)
        for line in example.split(separator: "\n") { #expect(source.contains(line), "\(line)") }
    }
}
