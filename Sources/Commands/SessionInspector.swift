public import ArgumentParser

/// The root of the command line: without a command it opens the inspector.
public struct SessionInspector: ParsableCommand {
    public static let configuration = CommandConfiguration(
        commandName: "session-inspector",
        abstract: "See and handle the visitor sessions of a Wix Headless site.",
        discussion: """
            Lists stored visitor sessions with live countdowns of their tokens, and generates, renews, sets and \
            discards them: in an inspector with keys, or command by command in scripts.

            A session is named by any unambiguous prefix of its ID, or by its label.

              session-inspector demo                     try it, without an account
              session-inspector --client-id 1a2b…        inspect, with a client ID of yours
              session-inspector renew 3f2a91             renew one session
              session-inspector token 3f2a91             a fresh access token, for a script

            Environment: SESSION_INSPECTOR_STORE, SESSION_INSPECTOR_PROFILE, SESSION_INSPECTOR_ISSUER, WIX_CLIENT_ID (as \
            the options; an option wins), SESSION_INSPECTOR_KEY (the sealing key, in place of its file).

            Exit codes: 0 done, 64 usage, 65 unreadable input, 66 no such session, 69 issuer refused or unreachable, \
            73 or 74 store, 75 try again, 77 read-only or no permission, 78 configuration.
            """,
        version: Version.text,
        subcommands: [
            InspectCommand.self, DemoCommand.self, ListCommand.self, ShowCommand.self, GenerateCommand.self,
            RenewCommand.self, SetCommand.self, DiscardCommand.self,
            RestoreCommand.self, ImportCommand.self, ExportCommand.self, TokenCommand.self, ExecCommand.self,
            RequestCommand.self, InfoCommand.self, WatchCommand.self, ConfigCommand.self, DoctorCommand.self,
            KeysCommand.self,
            ServeCommand.self,
        ],
        defaultSubcommand: InspectCommand.self)

    @OptionGroup var options: GlobalOptions

    public init() {}
}

/// What this program is.
enum Version {
    static let text = "0.1.0"
}
