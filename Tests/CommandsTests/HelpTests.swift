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

    @Test("The beginning of an option suggests that option")
    func beginningOfOption() {
        let help = SessionInspector.helpMessage(for: SetCommand.self)
        let message = "Error: Unknown option '--drop'. Did you mean '--json'?\nUsage: …"
        #expect(
            Program.completingOption(in: message, help: help)
                == "Error: Unknown option '--drop'. Did you mean '--drop-refresh-token'?\nUsage: …")
        let other = "Error: Unknown option '--jsom'. Did you mean '--json'?"
        #expect(Program.completingOption(in: other, help: help) == other)
    }

    @Test("An unknown option is named before what its value is mistaken for")
    func unknownOptionWithValue() {
        let help = SessionInspector.helpMessage(for: SetCommand.self)
        let message = "Error: Specify the session and at most one file, or use --new.\nUsage: …"
        func named(_ words: String...) -> String {
            Program.namingOption(in: message, ["session-inspector", "set"] + words, help: help)
        }
        #expect(
            named("cart", "--lable", "shop", "file")
                == "Error: Unknown option '--lable'. Did you mean '--label'?\nUsage: …")
        #expect(named("cart", "--xyzzy=1", "a", "b") == "Error: Unknown option '--xyzzy'.\nUsage: …")
        #expect(named("cart", "--label", "a", "b", "c") == message)
        #expect(named("a", "b", "--", "--lable", "c") == message)
    }

    @Test("An event is named in either spelling", arguments: ["labeled", "labelled"])
    func eventSpelling(event: String) throws {
        _ = try WatchCommand.parse(["--until", event])
    }
}
