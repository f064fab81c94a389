import ArgumentParser
import Foundation
import VisitorSessions
import WixHeadless

struct SetCommand: BackgroundCommand {
    static let configuration = CommandConfiguration(
        commandName: "set",
        abstract: "Set tokens from a file or standard input.",
        usage:
            "session-inspector set <session> [<file>]\nsession-inspector set --new [--label <label>] [<file>]",
        discussion: "Example: pbpaste | session-inspector set 3f2a91")

    @OptionGroup var options: GlobalOptions

    @Flag(help: "Store the tokens as a new session.")
    var new = false

    @Option(help: ArgumentHelp("What to call the new session.", valueName: "label"))
    var label = ""

    @Flag(help: "As a JSON object.")
    var json = false

    @Argument(help: "The session, unless --new is given; then the file. Without a file: standard input.")
    var arguments: [String] = []

    func validate() throws {
        guard new ? arguments.count <= 1 : (1...2).contains(arguments.count) else {
            throw ValidationError(
                new ? "With --new there is at most one file." : "Name the session, and at most one file; or give --new."
            )
        }
        guard new || label.isEmpty else { throw ValidationError("--label goes with --new.") }
    }

    func perform() async throws {
        let workbench = try Workbench(options, as: "set", makesStore: true)
        try workbench.requireWritable()
        let target = new ? nil : try await workbench.manager.find(arguments[0])
        let file = new ? arguments.first : arguments.dropFirst().first
        let found: ReadTokens
        do {
            found = try StoredShapes.read(try TokenInput.read(file), now: workbench.now())
        } catch let error as UnreadableTokens {
            throw Failure(.unreadableInput, "\(error.description) Nothing was changed.")
        }
        StandardError.say("Understood: \(found.shape).")
        if let target {
            let done = try await workbench.manager.set(found.tokens, clientID: found.clientID, on: target.id)
            try workbench.report("set", done.session, asJSON: json)
        } else {
            let clientID = if let clientID = found.clientID { clientID } else { try workbench.clientID() }
            let session = try await workbench.manager.add(found.tokens, label: label, clientID: clientID)
            try workbench.report("set", session, asJSON: json)
        }
    }
}
