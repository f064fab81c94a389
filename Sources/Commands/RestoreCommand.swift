import ArgumentParser
import VisitorSessions

struct RestoreCommand: BackgroundCommand {
    static let configuration = CommandConfiguration(
        commandName: "restore",
        abstract: "Take discarded sessions back.", discussion: "Example: session-inspector restore 3f2a91")

    @OptionGroup var options: GlobalOptions

    @Argument(help: "Prefixes of session IDs, or labels.", completion: .discardedSessions)
    var sessions: [String]

    @Flag(help: "As JSON objects.")
    var json = false

    func perform() async throws {
        let workbench = try await Workbench(options, as: "restore")
        try workbench.requireWritable()
        try await Bulk.run(try await Bulk.find(sessions, workbench)) {
            try await workbench.manager.restore($0)
        } then: {
            try workbench.report("restored", $0, asJSON: json)
        }
    }
}
