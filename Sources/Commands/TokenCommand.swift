import ArgumentParser
import Foundation
import VisitorSessions

struct TokenCommand: BackgroundCommand {
    static let configuration = CommandConfiguration(
        commandName: "token",
        abstract: "Print a fresh access token, renewed when needed, and nothing else.",
        discussion: "Example: curl -H \"Authorization: $(session-inspector token 3f2a91)\" …")

    @OptionGroup var options: GlobalOptions

    @Argument(help: "A prefix of the session's ID, or its label.", completion: .sessions)
    var session: String

    @Option(help: ArgumentHelp("How long it must still work: 90s, 15m, 4h.", valueName: "duration"))
    var minimumLifetime: Duration = .zero

    func perform() async throws {
        let workbench = try await Workbench(options, as: "token")
        let found = try await workbench.store.find(session)
        let tokens = try await workbench.interruptible {
            try await workbench.manager.tokens(of: found.id, minimumLifetime: minimumLifetime)
        }
        guard let token = tokens.accessToken else {
            throw Failure(.unreadableInput, "Session \(found.id) has no access token.")
        }
        try StandardOutput.say(token.value.reveal())
        if let expiresAt = token.expiresAt, expiresAt < workbench.now() + minimumLifetime {
            StandardError.say(
                "This token ends sooner than asked, at \(expiresAt.formatted(.iso8601)): the issuer gives no longer ones."
            )
        }
    }
}
