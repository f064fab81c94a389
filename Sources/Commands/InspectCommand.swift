import ArgumentParser
import Foundation
import InspectorCore
import InspectorTerminal
import SQLiteSessions
import VisitorSessions
import WixHeadless

/// The inspector. Runs on the main thread.
struct InspectCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "inspect",
        abstract: "Open the inspector.",
        discussion: """
            Example: session-inspector --profile production

            Shows the stored sessions with live countdowns. Press ? for help.
            """)

    @OptionGroup var options: GlobalOptions
    @OptionGroup var display: DisplayOptions

    func run() throws {
        try InspectorLoop.requireTerminal()
        let context = try Blocking.run { [options] in
            try await CommandContext(options, as: "inspector", makesStore: true, staysOpen: true)
        }
        let configuration = context.configuration
        let paths = Paths(environment: ProcessInfo.processInfo.environment)
        let home = FileManager.default.homeDirectoryForCurrentUser.path + "/"
        let store = context.store.name
        // If this user can't write to the store, every key that changes sessions would fail.
        let isReadOnly = configuration.isReadOnly || context.store.isReadOnly
        let file = configuration.file ?? paths.configurationFile
        let (keymap, warnings) = Keymap.standard.changed(by: configuration.keys)
        try Inspector(
            manager: context.manager, store: context.store, issuer: context.issuer,
            clientID: configuration.clientID,
            options: InspectorOptions(
                profile: configuration.profile ?? "",
                store: store.replacing(home, with: "~/"),
                issuer: context.issuer.url.authority, issuerName: context.manager.issuerName, isReadOnly: isReadOnly,
                hasClientID: configuration.clientID != nil, clientIDProfile: configuration.profileToSaveIn,
                namedIssuer: context.namedIssuer, policy: context.manager.policy, keymap: keymap, warnings: warnings,
                bell: configuration.bell),
            display: display.screenOptions(configured: configuration.theme), probeURL: configuration.probeURL,
            probes: configuration.probes,
            browse: { [options] in await OpenedBrowser.run(as: $0, at: $1, options) },
            saveClientID: configuration.profileToSaveIn.map { Self.saving(in: $0, at: file) },
            memory: RememberedViewFile(url: paths.stateFolder.appending(path: "inspector.json"))
        ).run()
    }

    private static func saving(in profile: String, at file: URL) -> @Sendable (String) -> String? {
        { clientID in
            do {
                try ConfigurationFile.save(clientID: clientID, in: profile, at: file)
                return nil
            } catch {
                return Failure(error)?.message ?? error.reason
            }
        }
    }
}
