import ArgumentParser
import Foundation
import SQLiteSessions
import TerminalText
import VisitorSessions
import WixHeadless

struct ImportCommand: BackgroundCommand {
    static let configuration = CommandConfiguration(
        commandName: "import",
        abstract: "Import sessions from files of any supported kind.",
        discussion: """
            Example: session-inspector import recording.har

            Reads backups made with `export --as session` (in any JSON layout), HAR files, Playwright storage state, Netscape cookies.txt, cookie \
            headers, a Firefox profile or its cookies.sqlite, and everything that `set` reads. The kind is detected. \
            Sessions that are already stored are updated, not duplicated. Unreadable items are reported and skipped; \
            the exit code is then 65, or 78 if a skipped session has no client ID.

            With --issuer or an issuer in the profile, the sessions belong to that issuer unless a backup names \
            another one. Their refresh tokens are sent only there.
            """)

    @OptionGroup var options: GlobalOptions

    @Argument(help: "Files to read; - is standard input.", completion: .file())
    var files: [String]

    @Flag(help: "Show what would be imported, but change nothing.")
    var dryRun = false

    @Flag(help: "Print JSON Lines: one object for each session.")
    var json = false

    func perform() async throws {
        let context = try await CommandContext(options, as: "import", makesStore: !dryRun, isTrial: dryRun)
        if !dryRun { try context.requireWritable() }
        let importer = Importer(context: context, isDryRun: dryRun)
        var counts: [Importer.Outcome: Int] = [:]
        var unreadable = 0
        var discarded: [SessionID] = []
        var progress = Progress("sessions", showsRate: true)
        for file in files {
            let source = ImportSource(path: file, now: context.now)
            let storing = BatchedImport(importer, expecting: source.expectedCount) { step in
                let done: [Importer.Done]
                switch step {
                case .staged(let count): return progress.step(by: count)
                case .building(let part): return progress.show(part)
                case .stored(let stored): done = stored
                case .done(let last):
                    progress.step(by: last.count)
                    done = last
                }
                progress.hide()
                for done in done { counts[done.outcome, default: 0] += 1 }
                discarded += done.filter(\.isDiscarded).compactMap(\.id)
                let stored = done.filter { $0.outcome != .missingClientID }
                try StandardOutput.write(stored.map { try line($0, in: file) }.joined())
                for done in done where done.outcome == .missingClientID {
                    StandardError.say("\(source.name(at: done.place)): \(Self.missingClientID)")
                }
            }
            var contents: ImportSource.Summary?
            var count = 0
            do {
                contents = try await source.read { item in
                    count += 1
                    try await storing.add(item)
                } problem: { place, sentence in
                    unreadable += 1
                    progress.hide()
                    StandardError.say("\(source.name(at: place)): \(sentence)")
                }
            } catch let failure as Failure where failure.status == .unreadableInput {
                // Continues with the next file, and keeps what was read before the error.
                unreadable += 1
                progress.hide()
                StandardError.say(failure.message)
            }
            try await storing.finish()
            progress.hide()
            if let contents {
                let found = "\(count) session\(count == 1 ? "" : "s") found"
                let sentences = ["\(source.name) (\(contents.kind)): \(found)."] + contents.notes
                StandardError.say(sentences.joined(separator: " "))
            }
        }
        // Otherwise, a copy of the store's file would lack what is still in the write-ahead log.
        if !dryRun { try await context.store.checkpoint() }
        let sums = [Importer.Outcome.added, .updated, .unchanged].map { outcome in
            "\(counts[outcome] ?? 0) \(dryRun ? outcome.planned : outcome.rawValue)"
        }
        let missing = counts[.missingClientID].map { ["\($0) without a client ID"] } ?? []
        let broken = unreadable == 0 ? [] : ["\(unreadable) unreadable"]
        let list = (dryRun ? "Dry run: " : "") + (sums + missing + broken).joined(separator: ", ") + "."
        let summary = list + Self.restoring(discarded, of: counts[.unchanged])
        guard unreadable == 0 else { throw Failure(.unreadableInput, summary) }
        guard !counts.isEmpty else { throw Failure(.unreadableInput, "No tokens found.") }
        guard missing.isEmpty else { throw Failure(.configuration, summary) }
        StandardError.say(summary)
    }

    private func line(_ done: Importer.Done, in file: String) throws -> String {
        if json {
            let members: [String: JSONText] = [
                "outcome": .string(dryRun ? done.outcome.planned : done.outcome.rawValue),
                "id": .string(done.id?.description), "file": .string(file), "place": .string(done.place),
                "remark": .string(done.remark),
            ]
            return try JSONText.object(members, pretty: false) + "\n"
        }
        let verb = dryRun ? done.outcome.conditional : done.outcome.rawValue
        let place = done.id == nil && !done.place.isEmpty ? "from \(done.place)" : done.place
        let words = [verb, done.id?.description, place.nonEmpty, done.remark.map { "(\($0))" }]
        return TextSanitizer.line(words.compactMap(\.self).joined(separator: " ")) + "\n"
    }

    /// How to restore the sessions that were found discarded.
    private static func restoring(_ discarded: [SessionID], of unchanged: Int?) -> String {
        let all = Set(discarded)
        guard let first = all.first else { return "" }
        return all.count == 1
            ? " \(unchanged == 1 ? "The unchanged session" : "1 of the unchanged sessions") is discarded: \(Importer.restoring(first))."
            : " \(all.count) of the unchanged sessions are discarded. To restore them, use `session-inspector restore`."
    }

    private static let missingClientID =
        "Skipped: no client ID. Use --client-id, WIX_CLIENT_ID or client-id in a profile."
}
