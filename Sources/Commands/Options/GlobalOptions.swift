import ArgumentParser

/// The options of every command: which store, which issuer, as whom. Accepted before and after the command.
struct GlobalOptions: ParsableArguments {
    @Option(
        help: ArgumentHelp("The session store: a path, sqlite:PATH, or postgresql://HOST/DATABASE.", valueName: "url"))
    var store: String?

    @Option(help: ArgumentHelp("A profile of the configuration file.", valueName: "name"))
    var profile: String?

    @Option(help: ArgumentHelp("The issuer's base URL: https, or http on loopback.", valueName: "url"))
    var issuer: String?

    @Option(name: .customLong("client-id"), help: ArgumentHelp("The OAuth client ID of the site.", valueName: "id"))
    var clientID: String?

    @Flag(help: "Refuse every change.")
    var readOnly = false

    @Option(help: ArgumentHelp("The configuration file.", valueName: "file"))
    var config: String?
}
