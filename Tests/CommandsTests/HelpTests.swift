import ArgumentParser
import Testing

@testable import Commands

@Suite("Help")
struct HelpTests {
    @Test("Every command's help has an example")
    func examples() {
        for command in SessionInspector.configuration.subcommands {
            let name = command._commandName
            let help = SessionInspector.helpMessage(for: command, columns: 200)
            let example = help.split(separator: "\n").first { $0.hasPrefix("Example: ") } ?? ""
            #expect(example.contains("session-inspector"), "\(name)")
            #expect(example.contains(name) || name == "inspect", "\(name)")
        }
    }
}
