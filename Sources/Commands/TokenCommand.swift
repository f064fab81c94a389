import ArgumentParser
import Foundation
import TerminalText
import VisitorSessions

struct TokenCommand: BackgroundCommand {
    static let configuration = CommandConfiguration(
        commandName: "token", _superCommandName: Program.name,
        abstract: "Print a valid access token, renewing it if necessary.",
        discussion: "Example: session-inspector token \"checkout bug\" --minimum-lifetime 15m | pbcopy")

    @OptionGroup var options: GlobalOptions

    @Argument(help: "A prefix of the session's ID, or its label.", completion: .sessions)
    var session: String

    @Option(
        help: ArgumentHelp(
            "Renew the token first if it expires within this time, such as 90s, 15m or 4h.", valueName: "duration")
    )
    var minimumLifetime: Duration = .zero

    func perform() async throws {
        let context = try await CommandContext(options, as: "token")
        let found = try await context.store.find(session)
        let token = try await context.accessToken(of: found.id, minimumLifetime: minimumLifetime)
        try StandardOutput.say(token.value.reveal())
        if let expiresAt = token.expiresAt, expiresAt < context.now() + minimumLifetime {
            let reason =
                found.refreshExpiry == .absent
                ? "The session has no refresh token, so it can't be renewed."
                : "The issuer doesn't grant the requested lifetime."
            StandardError.say("The token expires at \(expiresAt.formatted(.iso8601)). \(reason)")
        }
    }
}

struct ExecCommand: BackgroundCommand {
    static let configuration = CommandConfiguration(
        commandName: "exec", _superCommandName: Program.name,
        abstract: "Run a command with a valid access token in its environment.",
        discussion: """
            Example: session-inspector exec 3f2a91 -- npm test

            Sets WIX_ACCESS_TOKEN and WIX_CLIENT_ID. The command replaces this process: signals reach it, and its \
            exit code is returned.
            """)

    @OptionGroup var options: GlobalOptions

    @Argument(help: "A prefix of the session's ID, or its label.", completion: .sessions)
    var session: String

    @Option(
        help: ArgumentHelp(
            "Renew the token first if it expires within this time, such as 90s, 15m or 4h.", valueName: "duration")
    )
    var minimumLifetime: Duration = .zero

    @Argument(parsing: .postTerminator, help: "The command and its arguments, after --.")
    var command: [String]

    func validate() throws {
        guard !command.isEmpty else { throw ValidationError("Put the command after --.") }
    }

    func perform() async throws {
        let context = try await CommandContext(options, as: "exec")
        let found = try await context.store.find(session)
        let token = try await context.accessToken(of: found.id, minimumLifetime: minimumLifetime)
        setenv("WIX_ACCESS_TOKEN", token.value.reveal(), 1)
        setenv("WIX_CLIENT_ID", found.clientID, 1)
        try Self.replaceProcess(by: command)
    }

    /// Throws if the command can't be run.
    static func replaceProcess(by command: [String]) throws {
        // This key decrypts every session, and the command needs one at most.
        unsetenv("SESSION_INSPECTOR_KEY")
        // The command would inherit blocked and ignored signals.
        for number in [SIGINT, SIGTERM] { signal(number, SIG_DFL) }
        var none = sigset_t()
        sigemptyset(&none)
        pthread_sigmask(SIG_SETMASK, &none, nil)
        Privacy.restoreCoreLimit()
        var words = command.map { strdup($0) } + [nil]
        execvp(command[0], &words)
        let error = FileError.last
        // As in shells: 127 if not found, 126 if not executable.
        StandardError.say("The command \(InputRedactor.quoted(command[0])) can't be run: \(error.reason).")
        throw ExitCode(error.isMissing ? 127 : 126)
    }
}
