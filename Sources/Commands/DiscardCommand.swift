import ArgumentParser
import TerminalText
import VisitorSessions

struct DiscardCommand: BackgroundCommand {
    static let configuration = CommandConfiguration(
        commandName: "discard",
        abstract: "Discard sessions. They can be restored for 24 hours by default.",
        discussion: "Example: session-inspector discard 3f2a91",
        aliases: ["rm"])

    @OptionGroup var options: GlobalOptions

    @Argument(help: "Prefixes of session IDs, or labels.", completion: .sessions)
    var sessions: [String]

    @Flag(help: "Don't ask for confirmation.")
    var yes = false

    @Flag(help: "Print JSON Lines: one object for each session.")
    var json = false

    func perform() async throws {
        let context = try await CommandContext(options, as: "discard")
        try context.requireWritable()
        let found = try await Bulk.find(sessions, context)
        let what = found.count == 1 ? "this session" : "these \(found.count) sessions"
        let refusal = Failure(.usage, "Not a terminal; use --yes to discard.")
        guard try yes || Question.isConfirmed("Discard \(what)?", otherwise: refusal) else {
            return StandardError.say("Cancelled.")
        }
        try await Bulk.run(found) {
            try await context.manager.discard($0)
        } then: {
            try context.report("discarded", $0, asJSON: json)
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

    @Flag(help: "Print JSON Lines: one object for each session.")
    var json = false

    func perform() async throws {
        let context = try await CommandContext(options, as: "restore")
        try context.requireWritable()
        try await Bulk.run(try await Bulk.find(sessions, context)) {
            try await context.manager.restore($0)
        } then: {
            try context.report("restored", $0, asJSON: json)
        }
    }
}
