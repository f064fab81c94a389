import ArgumentParser
import Foundation
import InspectorTerminal
import VisitorSessions

/// The inspector. Runs on the process's first thread.
struct InspectCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "inspect",
        abstract: "Open the inspector (the default).",
        discussion: "Lists the stored sessions live. Press ? for the keys.")

    @OptionGroup var options: GlobalOptions

    func run() throws {
        try InspectorLoop.requireTerminal()
        let workbench = try Workbench(options, as: "inspector", makesStore: true)
        let profile = workbench.configuration.profile.map { "\($0) ▸ " } ?? ""
        try Inspector.run(
            manager: workbench.manager, clientID: workbench.configuration.clientID,
            title: profile + workbench.store.name, isReadOnly: workbench.configuration.isReadOnly)
    }
}
