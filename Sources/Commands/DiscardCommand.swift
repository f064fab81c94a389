import ArgumentParser
import InspectorCore
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
        if !yes {
            let what = found.count > 5 ? "these \(found.count) sessions" : try await names(of: found, context)
            let refusal = Failure(.usage, "Not a terminal; use --yes to discard.")
            guard try Question.isConfirmed("Discard \(what)?", otherwise: refusal) else {
                return StandardError.say("Cancelled.")
            }
        }
        try await Bulk.run(found) {
            try await context.manager.discard($0)
        } then: {
            try context.report("discarded", $0, asJSON: json)
        }
    }

    private func names(of sessions: [SessionID], _ context: CommandContext) async throws -> String {
        var names: [String] = []
        for id in sessions { names.append(try await context.store.session(id)?.shortName ?? id.prefix(6)) }
        return names.joined(separator: ", ")
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
        try await Bulk.run(try await Bulk.find(sessions, discarded: true, context)) {
            try await context.manager.restore($0)
        } then: {
            try context.report("restored", $0, asJSON: json)
        }
    }
}
