import ArgumentParser
import Foundation
import TerminalText
import VisitorSessions

struct WatchCommand: BackgroundCommand {
    static let configuration = CommandConfiguration(
        commandName: "watch",
        abstract: "Print events as they happen.",
        discussion: """
            Example: session-inspector watch --json --since 120 >> events.jsonl

            Each event has a position. --since prints everything after that position first and then continues without a gap; \
            if the position is beyond the last event, it starts from the beginning. Ctrl-C stops it.

            With --requests, the requests of running applications (see `run`) are printed as well, but only those made after `watch` starts.
            """)

    @OptionGroup var options: GlobalOptions

    @Option(help: ArgumentHelp("Start after this position; 0 is the beginning.", valueName: "position"))
    var since: Int?

    @Flag(help: "While running, renew sessions that have automatic renewal turned on.")
    var renew = false

    @Flag(help: "Print the requests of running applications, too.")
    var requests = false

    @Option(
        help: ArgumentHelp(
            "Stop at the first event of this kind: expired, refused, renewed, lost…", valueName: "event"))
    var until: String?

    @Option(
        help: ArgumentHelp(
            "With --until: run this shell command after the event, with SESSION and EVENT in its environment.",
            valueName: "command"))
    var exec: String?

    @Flag(help: "Print one JSON object per line.")
    var json = false

    func validate() throws {
        if let since, since < 0 { throw ValidationError("--since must not be negative.") }
        if let until, JournalEntry.Event(named: until) == nil {
            let events = JournalEntry.Event.known.map(\.name)
            let meant = Spelling.nearest(to: until, among: events).map { " Did you mean “\($0)”?" } ?? ""
            throw ValidationError(
                "Unknown event \(InputRedactor.quoted(until)).\(meant) Events: \(events.joined(separator: ", ")).")
        }
        if exec != nil, until == nil { throw ValidationError("--exec requires --until.") }
    }

    func perform() async throws {
        let context = try await CommandContext(options, as: "watch", staysOpen: true)
        if renew { try context.requireWritable() }
        let start = if let since { since } else { try await context.store.journalEnd() }
        let end = try await context.store.journalEnd()
        if start > end {
            StandardError.say("Position \(start) is beyond the last event (\(end)); starting at the beginning.")
        }
        let last = until.flatMap(JournalEntry.Event.init(named:))
        let stopping = StopSignals()
        let reading = Task {
            var labels = SessionLabels(store: context.store)
            // While the store is unavailable, events are only delayed.
            for try await entry in context.store.events(after: start) {
                try StandardOutput.say(try text(entry, label: await labels.label(of: entry)))
                if entry.draft.event == last { return entry as JournalEntry? }
            }
            return nil
        }
        let isWritable = !context.store.isReadOnly && !context.configuration.isReadOnly
        let recording = isWritable ? Task { await ExpiryRecorder(context.manager, in: context.store).run() } : nil
        let following = requests ? Task { await followRequests(of: context.store) } : nil
        let scheduler = RenewalScheduler(context.manager, purging: context.store)
        let renewing = renew ? Task { await scheduler.run(withOtherIssuersOf: context.store) } : nil
        let signaled = Task {
            await stopping.wait()
            reading.cancel()
        }
        StandardOutput.whenReaderCloses { reading.cancel() }
        let result = await reading.result
        signaled.cancel()
        following?.cancel()
        recording?.cancel()
        renewing?.cancel()
        _ = await context.manager.finish(within: .seconds(30))
        for error in await context.manager.unstored() { StandardError.say(Failure(error)) }
        guard let entry = try result.get(), let exec else { return }
        try run(exec, after: entry)
    }

    /// Replaces this process with the command.
    private func run(_ command: String, after entry: JournalEntry) throws {
        setenv("SESSION", "\(entry.session)", 1)
        setenv("EVENT", entry.draft.event.rawValue, 1)
        try ExecCommand.replaceProcess(by: ["/bin/sh", "-c", command])
    }

    private func followRequests(of store: any SessionBrowser) async {
        do {
            try await printRequests(from: store)
        } catch {
            // Printing events continues. If the pipe was closed, `whenReaderCloses` ends the command.
            if let failure = Failure(error) { StandardError.say(failure) }
        }
    }

    /// Prints requests as they are recorded. While the store is unavailable, they are delayed.
    private func printRequests(from store: any SessionBrowser) async throws {
        let changes = store.changes()
        var position = try await store.requestsEnd()
        for await _ in changes {
            do {
                var new: [LiveRequest]
                repeat {
                    new = try await store.requests(after: position, limit: 200)
                    for request in new { try StandardOutput.say(try text(request)) }
                    position = new.last?.position ?? position
                } while !new.isEmpty
            } catch let error as StoreError where error.kind == .unavailable {
                continue
            }
        }
    }

    private func text(_ request: LiveRequest) throws -> String {
        let document = RequestDocument(request: request)
        if json { return try JSONText.object(document, pretty: false) }
        let source = request.source.text(process: request.draft.process)
        let time = request.draft.at.formatted(.iso8601)
        return TextSanitizer.line("\(time) \(request.draft.session.prefix(8)) \(document.text) · \(source)")
    }

    private func text(_ entry: JournalEntry, label: String) throws -> String {
        let draft = entry.draft
        if json { return try JSONText.object(EventDocument(entry: entry, label: label), pretty: false) }
        let words = [
            "\(entry.position)", entry.at.formatted(.iso8601), entry.session.prefix(8),
            label.isEmpty ? nil : "“\(label)”", draft.event.name,
            draft.outcome, draft.tookText, draft.requestID.map { "request \($0)" },
            "· \(draft.byActor)",
        ]
        return TextSanitizer.line(words.compactMap(\.self).joined(separator: " "))
    }
}

/// The labels of the sessions that events are about.
private struct SessionLabels {
    /// How many labels are kept, so that the events of busy sessions cost no reads.
    private static let limit = 10_000

    let store: any SessionBrowser
    private var known: [SessionID: String] = [:]

    init(store: any SessionBrowser) { self.store = store }

    /// Empty: the session has no label, is purged, or can't be read now.
    mutating func label(of entry: JournalEntry) async -> String {
        if entry.draft.event != .labeled, let label = known[entry.session] { return label }
        if known.count >= Self.limit { known = [:] }
        // The event matters more than its session's label.
        guard let session = try? await store.session(entry.session) else { return "" }
        known[entry.session] = session.label
        return session.label
    }
}
