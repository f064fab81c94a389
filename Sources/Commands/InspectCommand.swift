import ArgumentParser
import Foundation
import InspectorCore
import InspectorTerminal
import SQLiteSessions
import VisitorSessions
import WixHeadless

/// The inspector. Runs on the process's first thread.
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
        let workbench = try Blocking.run { [options] in
            try await Workbench(options, as: "inspector", makesStore: true, staysOpen: true)
        }
        let configuration = workbench.configuration
        let paths = Paths(environment: ProcessInfo.processInfo.environment)
        let home = FileManager.default.homeDirectoryForCurrentUser.path + "/"
        let store = workbench.store.name
        // Where this user may not write, every key that does would fail.
        let isReadOnly = configuration.isReadOnly || workbench.store.isReadOnly
        let (keymap, warnings) = Keymap.standard.changed(by: configuration.keys)
        try Inspector(
            manager: workbench.manager, store: workbench.store, issuer: workbench.issuer,
            clientID: configuration.clientID,
            options: InspectorOptions(
                profile: configuration.profile ?? "",
                store: store.replacing(home, with: "~/"),
                issuer: workbench.issuer.url.authority, isReadOnly: isReadOnly,
                hasClientID: configuration.clientID != nil, policy: workbench.manager.policy, keymap: keymap,
                warnings: warnings),
            display: display.screenOptions(configured: configuration.theme), probeURL: configuration.probeURL,
            memory: RememberedViewFile(url: paths.stateFolder.appending(path: "inspector.json"))
        ).run()
    }
}
