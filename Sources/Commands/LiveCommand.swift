import ArgumentParser
import Foundation
import TerminalText
import VisitorSessions
import WixHeadless

struct LiveCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "live", abstract: "Give a running application the tokens of another session.",
        discussion: """
            Example: session-inspector live substitute 3f2a91 --with "checkout bug"

            The application must have been started with `run`. Until the substitution is withdrawn, the calls and \
            renewals that the application makes for one visitor use another visitor's tokens. Nothing in the application changes.
            """,
        subcommands: [Substitute.self, Withdraw.self, List.self], defaultSubcommand: List.self)

    struct Substitute: BackgroundCommand {
        static let configuration = CommandConfiguration(
            commandName: "substitute", abstract: "Send another session's tokens instead of the application's own.",
            discussion: """
                Example: session-inspector live substitute 3f2a91 --with "checkout bug"

                Without --with, tokens are read from standard input, as with `set`, and stored as a session. Unless an \
                issuer on this machine granted the application's tokens, you are asked first; in scripts, use --yes.
                """)

        @OptionGroup var options: GlobalOptions

        @Option(
            help: ArgumentHelp("The session whose tokens are sent.", valueName: "session"), completion: .sessions)
        var with: String?

        @Flag(help: "Don't ask for confirmation.")
        var yes = false

        @Argument(help: "The session that the application uses.", completion: .sessions)
        var session: String

        func perform() async throws {
            let context = try await CommandContext(options, as: "live substitute")
            try context.requireWritable()
            let session = try await context.store.find(session)
            try session.requireInUse()
            let named = if let with { try await context.store.find(with) } else { nil as VisitorSession? }
            let tokens = named.map { "the tokens of \($0.id.prefix(8))" } ?? "other tokens"
            guard
                try yes || context.isConfirmed("Send \(tokens) instead of \(session.id.prefix(8))'s", inUseOf: session)
            else { return StandardError.say("Cancelled.") }
            let target = if let named { named } else { try await storeInput(context) }
            try target.requireInUse()
            try session.requireIssuerAndClient(of: target)
            guard target.id != session.id else {
                throw Failure(.usage, "A session can't be substituted for itself. Use `set` to change its tokens.")
            }
            try await context.store.substitute(session.id, with: target.id, by: context.name)
            if try await context.store.liveSessions(among: [session.id])[session.id]?.isLive != true {
                StandardError.say(
                    "No running application is using session \(session.id.prefix(8)) yet. The substitution takes effect when one starts using it."
                )
            }
            try StandardOutput.say("substituted the tokens of \(target.id) for those of \(session.id)")
        }

        /// Reads tokens from standard input and stores them, unless a session already has them. Returns their session.
        private func storeInput(_ context: CommandContext) async throws -> VisitorSession {
            let found: ReadTokens
            do {
                found = try TokenDiscovery.read(try TokenInput.read(nil), now: context.now()).onlyFinding().read
            } catch let error as UnreadableTokens {
                throw Failure(.unreadableInput, "\(error.description) Nothing was changed.")
            }
            let clientID = if let clientID = found.clientID { clientID } else { try context.clientID() }
            return try await context.manager.resume(found.tokens, clientID: clientID)
        }
    }

    struct Withdraw: BackgroundCommand {
        static let configuration = CommandConfiguration(
            commandName: "withdraw", abstract: "Stop a substitution: the application's own tokens are used again.",
            discussion: """
                Example: session-inspector live withdraw 3f2a91

                If tokens were set on the session while the application used it, they are stored as a new session.
                """)

        @OptionGroup var options: GlobalOptions

        @Argument(help: "The session that the application uses.", completion: .sessions)
        var session: String

        func perform() async throws {
            let context = try await CommandContext(options, as: "live withdraw")
            try context.requireWritable()
            let session = try await context.store.find(session)
            guard try await context.store.substitutions().contains(where: { $0.session == session.id }) else {
                throw Failure(
                    .noSuchSession,
                    "Session \(session.id) has no active substitution. `session-inspector live list` lists the active ones."
                )
            }
            try await context.store.withdrawSubstitution(of: session.id, by: context.name)
            try StandardOutput.say("withdrew the substitution for \(session.id)")
        }
    }

    struct List: BackgroundCommand {
        static let configuration = CommandConfiguration(
            commandName: "list", abstract: "List the substitutions.",
            discussion: "Example: session-inspector live list")

        private struct Document: Encodable {
            var session: String
            var with: String
            var isLive: Bool
        }

        @OptionGroup var options: GlobalOptions

        @Flag(help: "Print a JSON array.")
        var json = false

        func perform() async throws {
            let context = try await CommandContext(options, as: "live list")
            let all = try await context.store.substitutions()
            let live = try await context.store.liveSessions(among: all.map(\.session))
            if json {
                let documents = all.map {
                    Document(
                        session: $0.session.description, with: $0.target.description,
                        isLive: live[$0.session]?.isLive == true)
                }
                return try StandardOutput.say(try JSONText.object(documents, pretty: true))
            }
            guard !all.isEmpty else { return StandardError.say("No active substitutions.") }
            var table = Table(["SESSION", "WITH", "APPLICATION"])
            for substitution in all {
                let source = live[substitution.session].map { "\($0.source.label)\($0.isLive ? "" : " (ended)")" }
                let target =
                    substitution.target == substitution.session
                    ? "tokens set on this session" : substitution.target.prefix(8)
                table.add([substitution.session.prefix(8), target, source ?? "–"])
            }
            try StandardOutput.write(table.text(width: nil))
        }
    }
}

extension CommandContext {
    /// Asks before a change that reaches a running application, unless an issuer on this machine granted its tokens.
    func isConfirmed(_ action: String, inUseOf session: VisitorSession) throws -> Bool {
        guard !session.isOfLocalIssuer(else: manager.issuerName) else { return true }
        let refusal = Failure(.usage, "Not a terminal; use --yes to change what a running application sends.")
        return try Question.isConfirmed("\(action)? This affects a running application.", otherwise: refusal)
    }
}
