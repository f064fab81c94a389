import ArgumentParser
import VisitorSessions

struct GenerateCommand: BackgroundCommand {
    static let configuration = CommandConfiguration(
        commandName: "generate",
        abstract: "Generate sessions: request tokens for new visitors.",
        discussion: "Example: session-inspector generate --label \"checkout bug\"")

    @OptionGroup var options: GlobalOptions

    @Option(help: ArgumentHelp("The session's label.", valueName: "label"))
    var label = ""

    @Option(help: ArgumentHelp("Number of sessions.", valueName: "n"))
    var count = 1

    @Flag(help: "Print JSON Lines: one object for each session.")
    var json = false

    func validate() throws {
        guard (1...10_000).contains(count) else { throw ValidationError("--count must be between 1 and 10000.") }
    }

    func perform() async throws {
        let context = try await CommandContext(options, as: "generate", makesStore: true)
        try context.requireWritable()
        let clientID = try context.clientID()
        guard count > 1 else {
            let session = try await context.interruptible {
                try await context.manager.generate(label: label, clientID: clientID)
            }
            return try context.report("generated", session, asJSON: json)
        }
        let stopping = context.gracefulStop()
        var progress = Progress("generated", of: count)
        defer { progress.hide() }
        for _ in 0..<count {
            if let signal = stopping.received { throw StoppedBySignal(number: signal) }
            let session = try await context.manager.generate(label: label, clientID: clientID)
            progress.hide()
            try context.report("generated", session, asJSON: json)
            progress.step()
        }
    }
}
