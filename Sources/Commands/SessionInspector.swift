public import ArgumentParser

/// The root command. Without a subcommand it opens the inspector.
public struct SessionInspector: ParsableCommand {
    public static let configuration = CommandConfiguration(
        commandName: "session-inspector",
        abstract: "Inspect and manage the visitor sessions of a Wix Headless site.",
        discussion: """
            Without a command, opens the inspector: stored sessions with live countdowns, and keys to generate, renew and \
            discard them and to set their tokens. The commands do the same in scripts.

            Specify a session by any unambiguous prefix of its ID, or by its label.

              session-inspector demo                     try it without an account
              session-inspector --client-id 1a2b…        open the inspector for your site
              session-inspector renew 3f2a91             renew a session
              session-inspector token 3f2a91             print a valid access token

            Environment: SESSION_INSPECTOR_STORE, SESSION_INSPECTOR_PROFILE, SESSION_INSPECTOR_ISSUER and WIX_CLIENT_ID \
            are overridden by the options. SESSION_INSPECTOR_KEY supplies the sealing key in place of the key file.

            Exit codes: 0 success, 64 usage, 65 unreadable input or a session in the wrong state, 66 no such session, 69 refused, unreachable or an HTTP error from `request`, \
            73 can't create or start something, 74 store error, 75 try again, 77 read-only or no permission, 78 configuration.
            """,
        version: Version.text,
        subcommands: [
            InspectCommand.self, DemoCommand.self, ListCommand.self, ShowCommand.self, GenerateCommand.self,
            RenewCommand.self, SetCommand.self, DiscardCommand.self,
            RestoreCommand.self, ImportCommand.self, ExportCommand.self, TokenCommand.self, ExecCommand.self,
            RequestCommand.self, InfoCommand.self, WatchCommand.self,
            RunCommand.self, BrowseCommand.self, OpenCommand.self, LiveCommand.self, ConfigCommand.self,
            DoctorCommand.self, KeysCommand.self,
            ServeCommand.self,
        ],
        defaultSubcommand: InspectCommand.self)

    @OptionGroup var options: GlobalOptions

    public init() {}
}

enum Version {
    static let text = "0.1.0"
}
