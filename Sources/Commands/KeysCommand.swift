import ArgumentParser
import Foundation
import Synchronization
import TerminalText
import VisitorSessions

struct KeysCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "keys", abstract: "Manage the keys that seal the stored tokens.",
        discussion: "Example: session-inspector keys rotate",
        subcommands: [RotateCommand.self])

    struct RotateCommand: BackgroundCommand {
        static let configuration = CommandConfiguration(
            commandName: "rotate",
            abstract: "Reseal every token with a new key.",
            discussion: """
                Example: session-inspector keys rotate

                The store stays usable. If the rotation is interrupted, run the command again to continue. The old key stays \
                in the key file until you remove it with --drop-old-key. Until then, running the command again finishes the \
                last rotation but doesn't create another key. If you use SESSION_INSPECTOR_KEY, first put the new key before \
                the current one, separated by a comma.
                """)

        @OptionGroup var options: GlobalOptions

        @Flag(help: "Remove the old key from its file afterwards. Other stores sealed with it become unreadable.")
        var dropOldKey = false

        func perform() async throws {
            let context = try await CommandContext(options, as: "keys rotate")
            try context.requireWritable()
            let store = context.store
            let counts = try await store.counts(at: context.now(), policy: context.manager.policy)
            let progress = Mutex(Progress("resealed", of: counts.total))
            defer { progress.withLock { $0.hide() } }
            let done = try await store.rotateKeys(by: context.name, keepsOldKeys: !dropOldKey) { done in
                progress.withLock { $0.advance(to: done.resealed) }
            }
            progress.withLock { $0.hide() }
            try StandardOutput.say(
                done.resealed == 0
                    ? "No sessions had to be resealed."
                    : "\(done.resealed) \(done.resealed == 1 ? "session" : "sessions") resealed.")
            guard done.unopenable == 0 else {
                throw Failure(
                    .unreadableInput,
                    "Sessions that can't be decrypted with any key: \(done.unopenable). They and the old key are kept."
                )
            }
            if !dropOldKey, done.resealed == 0, !done.isKeyNew {
                StandardError.say(
                    "No new key was created, because the old key from the last rotation is still there. Remove it with --drop-old-key, then rotate again."
                )
            } else if !dropOldKey {
                StandardError.say("The old key is kept for other stores. Use --drop-old-key to remove it.")
            } else if !done.isComplete {
                StandardError.say("The old key was kept: some sessions still need it.")
            } else {
                StandardError.say("The old key was removed.")
            }
        }
    }
}
