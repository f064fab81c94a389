import ArgumentParser
import Foundation
import InspectorCore
import VisitorSessions

struct WatchCommand: BackgroundCommand {
    private static let pageSize = 500

    static let configuration = CommandConfiguration(
        commandName: "watch",
        abstract: "Print what happens to the sessions, as it happens.",
        discussion: """
            Example: session-inspector watch --json --since 120 >> events.jsonl

            Each line has a position. With --since, everything after that position comes first: nothing is missed in \
            between. Ctrl-C ends it.
            """)

    @OptionGroup var options: GlobalOptions

    @Option(help: ArgumentHelp("Begin behind this position; 0 is the beginning.", valueName: "position"))
    var since: Int?

    @Flag(help: "Renew the sessions that asked for it, before they end, while this runs.")
    var renew = false

    @Flag(help: "As one JSON object a line.")
    var json = false

    func validate() throws {
        if let since, since < 0 { throw ValidationError("--since must not be negative.") }
    }

    func perform() async throws {
        let workbench = try Workbench(options, as: "watch", staysOpen: true)
        if renew { try workbench.requireWritable() }
        // Subscribed before the journal is read: what is written in between is seen.
        let changes = workbench.store.changes()
        let start = if let since { since } else { try await workbench.store.journalEnd() }
        let stopping = StopSignals()
        let reading = Task {
            var position = try await print(workbench, after: start)
            for await _ in changes { position = try await print(workbench, after: position) }
        }
        let renewing = renew ? Task { await RenewalScheduler(workbench.manager).run() } : nil
        let signalled = Task {
            await stopping.wait()
            reading.cancel()
        }
        StandardOutput.whenReaderLeaves { reading.cancel() }
        let result = await reading.result
        signalled.cancel()
        renewing?.cancel()
        _ = await workbench.manager.finish(within: .seconds(30))
        try result.get()
    }

    /// Prints what is behind `position`, and returns the last position.
    private func print(_ workbench: Workbench, after position: Int) async throws -> Int {
        var position = position
        while !Task.isCancelled {
            let entries = try await workbench.store.journal(after: position, limit: Self.pageSize)
            for entry in entries {
                try StandardOutput.say(try text(entry))
                position = entry.position
            }
            guard entries.count == Self.pageSize else { break }
        }
        return position
    }

    private func text(_ entry: JournalEntry) throws -> String {
        let draft = entry.draft
        if json {
            return try JSONText.object(
                [
                    "position": .number(entry.position), "at": .string(SessionDocument.time(entry.at)),
                    "event": .string(draft.event.rawValue), "session": .string(entry.session.description),
                    "actor": .string(draft.actor), "outcome": .string(draft.outcome),
                    "requestID": .string(draft.requestID),
                ] as [String: JSONText], pretty: false)
        }
        let words = [
            "\(entry.position)", entry.at.formatted(.iso8601), entry.session.prefix(8), draft.event.rawValue,
            draft.outcome, draft.requestID.map { "request \($0)" }, "· \(draft.actor)",
        ]
        return TextSanitizer.line(words.compactMap(\.self).joined(separator: " "))
    }
}
