import ArgumentParser
import Foundation
import TerminalText
import VisitorSessions

struct RenewCommand: BackgroundCommand {
    /// The number of concurrent renewals. The issuer's budget sets the pace; this only hides latency.
    private static let width = 8

    static let configuration = CommandConfiguration(
        commandName: "renew",
        abstract: "Renew sessions' access tokens.",
        discussion: """
            Example: session-inspector renew --expiring-within 15m

            Renews several sessions at a time and prints each one when its renewal finishes. Ctrl-C waits for running renewals to finish, then exits; a \
            second Ctrl-C cancels them.
            """)

    @OptionGroup var options: GlobalOptions

    @Argument(help: "Prefixes of session IDs, or labels.", completion: .sessions)
    var sessions: [String] = []

    @Option(
        help: ArgumentHelp(
            "Renew all sessions whose access token has expired or will expire within this time, such as 90s, 15m or 4h.",
            valueName: "duration"
        ))
    var expiringWithin: Duration?

    @Flag(help: "Renew every session that can be renewed.")
    var all = false

    @Flag(help: "Print JSON Lines: one object for each session.")
    var json = false

    func validate() throws {
        let ways = [!sessions.isEmpty, expiringWithin != nil, all].filter(\.self).count
        guard ways == 1 else {
            throw ValidationError("Use exactly one of: sessions, --expiring-within, --all.")
        }
    }

    func perform() async throws {
        let context = try await CommandContext(options, as: "renew")
        try context.requireWritable()
        let chosen = try await choose(context)
        guard !chosen.isEmpty else { return StandardError.say("No sessions need renewing.") }
        StandardOutput.surviveBrokenPipes()
        if sessions.count == 1, let only = chosen.first {
            let session = try await context.renewing(only) {
                try await context.interruptible { try await renew(only, context) }
            }
            return try context.report("renewed", session, asJSON: json)
        }
        try await Bulk.run(chosen, atOnce: Self.width, stopping: context.gracefulStop(), progress: "done") {
            try await renew($0, context)
        } then: {
            try context.report("renewed", $0, asJSON: json)
        }
    }

    /// Renews the session, and says if it belongs to another visitor afterwards.
    private func renew(_ id: SessionID, _ context: CommandContext) async throws -> VisitorSession {
        let before = try await context.store.session(id)?.visitorID
        let session = try await context.manager.renew(id)
        if let before, let after = session.visitorID, before != after {
            StandardError.say(
                TextSanitizer.line(
                    "Session \(id.prefix(8)) now belongs to another visitor: \(after.prefix(8)) replaces \(before.prefix(8))."
                ))
        }
        return session
    }

    private func choose(_ context: CommandContext) async throws -> [SessionID] {
        if !sessions.isEmpty { return try await Bulk.find(sessions, context) }
        var filter = SessionFilter()
        // Includes sessions with a lease, because only the store's clock tells whether it has expired.
        filter.states = [.valid, .expiring, .expired, .unresolved, .renewing]
        let latest = expiringWithin.map { context.now() + $0 }
        let query = SessionQuery(filter: filter, limit: 500, now: context.now(), policy: context.manager.policy)
        var chosen: [SessionID] = []
        // The list is sorted by expiry, so the sessions to renew come first.
        try await context.pages(query) { page in
            let wanted = page.prefix { session in latest.map { !session.accessExpiry.isUsable(at: $0) } ?? true }
            chosen += wanted.lazy.filter { $0.refreshExpiry != .absent }.map(\.id)
            return wanted.count == page.count
        }
        return chosen
    }
}

/// Applies an operation to several sessions; one failure doesn't stop the others.
enum Bulk {
    /// Finds every session before anything is done.
    ///
    /// - Parameter discarded: Which sessions are preferred if both discarded ones and others match.
    static func find(
        _ references: [String], discarded: Bool = false, _ context: CommandContext
    ) async throws -> [SessionID] {
        var found: [SessionID] = []
        for reference in references {
            let id = try await context.store.find(reference, discarded: discarded).id
            if !found.contains(id) { found.append(id) }
        }
        return found
    }

    /// Runs `work` for each session, `width` at once, and passes each result to `done` in turn.
    ///
    /// If some sessions fail, throws a failure with the first one's status after all were tried. After a signal or a
    /// broken pipe, nothing new is started, but running work finishes, so that no refresh token in flight is lost.
    static func run<Value: Sendable>(
        _ ids: [SessionID], atOnce width: Int = 1, stopping: StopSignals? = nil, progress what: String? = nil,
        _ work: @escaping @Sendable (SessionID) async throws -> Value, then done: (Value) throws -> Void
    ) async throws {
        var failures: [Failure] = []
        var fatal: (any Error)?
        var waiting = ids.makeIterator()
        var progress = what.map { Progress($0, of: ids.count) }
        defer { progress?.hide() }
        await withTaskGroup(of: (SessionID, Result<Value, any Error>).self) { group in
            func begin() {
                guard fatal == nil, stopping?.received == nil, let id = waiting.next() else { return }
                group.addTask {
                    do { return (id, .success(try await work(id))) } catch { return (id, .failure(error)) }
                }
            }
            for _ in 0..<width { begin() }
            while let (id, result) = await group.next() {
                progress?.hide()
                do {
                    try done(try result.get())
                } catch {
                    if case .failure = result, let failure = Failure(error), ids.count > 1 {
                        StandardError.say(failure, of: id.prefix(8))
                        failures.append(failure)
                    } else {
                        fatal = fatal ?? error
                    }
                }
                progress?.step()
                begin()
            }
        }
        if let fatal { throw fatal }
        if let signal = stopping?.received, waiting.next() != nil { throw StoppedBySignal(number: signal) }
        if let first = failures.first {
            throw Failure(first.status, "\(failures.count) of \(ids.count) sessions failed.")
        }
    }
}
