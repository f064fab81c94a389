import ArgumentParser
import TerminalText
import VisitorSessions

struct DiscardCommand: BackgroundCommand {
    static let configuration = CommandConfiguration(
        commandName: "discard",
        abstract: "Discard sessions. `restore` brings them back within a day.",
        discussion: "Example: session-inspector discard 3f2a91")

    @OptionGroup var options: GlobalOptions

    @Argument(help: "Prefixes of session IDs, or labels.", completion: .sessions)
    var sessions: [String]

    @Flag(help: "Don't ask for confirmation.")
    var yes = false

    @Flag(help: "Print JSON objects.")
    var json = false

    func perform() async throws {
        let workbench = try await Workbench(options, as: "discard")
        try workbench.requireWritable()
        let found = try await Bulk.find(sessions, workbench)
        let what = found.count == 1 ? "this session" : "these \(found.count) sessions"
        let refusal = Failure(.usage, "Not a terminal; use --yes to discard.")
        guard try yes || Question.isConfirmed("Discard \(what)?", otherwise: refusal) else {
            return StandardError.say("Cancelled.")
        }
        try await Bulk.run(found) {
            try await workbench.manager.discard($0)
        } then: {
            try workbench.report("discarded", $0, asJSON: json)
        }
    }
}

struct RestoreCommand: BackgroundCommand {
    static let configuration = CommandConfiguration(
        commandName: "restore",
        abstract: "Restore discarded sessions.", discussion: "Example: session-inspector restore 3f2a91")

    @OptionGroup var options: GlobalOptions

    @Argument(help: "Prefixes of session IDs, or labels.", completion: .discardedSessions)
    var sessions: [String]

    @Flag(help: "Print JSON objects.")
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
