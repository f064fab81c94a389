import ArgumentParser
import Foundation
import Synchronization
import TerminalText
import VisitorSessions

struct KeysCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "keys", abstract: "Handle the keys that seal the stored tokens.",
        discussion: "Example: session-inspector keys rotate",
        subcommands: [RotateCommand.self])

    struct RotateCommand: BackgroundCommand {
        static let configuration = CommandConfiguration(
            commandName: "rotate",
            abstract: "Seal every token anew under a new key. Stopped anywhere, the next run goes on.",
            discussion: """
                Example: session-inspector keys rotate

                The store can be used meanwhile. With SESSION_INSPECTOR_KEY, put the new key before the present one \
                first, with a comma between.
                """)

        @OptionGroup var options: GlobalOptions

        @Flag(help: "Take the old key out of its file at the end. Other stores that are sealed with it are lost then.")
        var dropOldKey = false

        func perform() async throws {
            let workbench = try await Workbench(options, as: "keys rotate")
            try workbench.requireWritable()
            let store = workbench.store
            let census = try await store.counts(at: workbench.now(), policy: workbench.manager.policy)
            let progress = Mutex(Progress("sealed anew", of: census.total))
            defer { progress.withLock { $0.hide() } }
            let done = try await store.rotateKeys(by: workbench.name, keepsOldKeys: !dropOldKey) { done in
                progress.withLock { $0.reach(done.resealed) }
            }
            progress.withLock { $0.hide() }
            try StandardOutput.say("resealed \(done.resealed)")
            guard done.unopenable == 0 else {
                throw Failure(
                    .unreadableInput,
                    "\(done.unopenable) sessions cannot be opened with any key. They are as they were, and the old key stays."
                )
            }
            if !dropOldKey {
                StandardError.say(
                    "The old key stays behind the new one: other stores may need it. --drop-old-key takes it out, and the "
                        + "next rotation makes a new key.")
            } else if !done.isComplete {
                StandardError.say("The old key is still needed, and kept.")
            }
        }
    }
}
