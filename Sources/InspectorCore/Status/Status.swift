package import Foundation
package import VisitorSessions

/// The toast, the event log, and whether the store and the issuer respond.
package struct Status: Sendable {
    private static let issuerCheckInterval: Duration = .seconds(15)
    private static let retryDelay: Duration = .seconds(1)

    package internal(set) var toast: Toast?
    package internal(set) var log = EventLog()
    var score = Score()

    /// Why the store can't be read, and when to retry.
    package private(set) var storeProblem: String?
    private(set) var retryAt: Date?

    /// Why the issuer doesn't respond, and when to check it again.
    package private(set) var issuerProblem: String?
    private(set) var issuerCheckAt: Date?

    /// Shows a message for a few seconds. Failures are also logged, unless the journal records them.
    mutating func showToast(
        _ kind: EventLog.Line.Kind, _ text: String, at now: Date, session: SessionID? = nil, requestID: String? = nil,
        isLogged: Bool = true, isAboutIssuer: Bool = false
    ) {
        let request = requestID.map { " (request \($0))" } ?? ""
        toast = Toast(
            kind: kind, text: text + request, until: now + .seconds(kind == .failure ? 15 : 5),
            isAboutIssuer: isAboutIssuer)
        guard kind == .failure, isLogged else { return }
        log.add(.init(at: now, kind: .failure, session: session, text: text, requestID: requestID))
    }

    /// Dismisses an expired toast. Returns whether to retry the store.
    mutating func advance(to now: Date) -> Bool {
        if let toast, toast.until <= now { self.toast = nil }
        guard let retryAt, retryAt <= now else { return false }
        self.retryAt = nil
        return true
    }

    // MARK: The store

    mutating func storeFailed(_ error: StoreError, at now: Date) {
        if storeProblem == nil { log.add(.init(at: now, kind: .failure, text: error.message)) }
        storeProblem = error.message
        retryAt = now + Self.retryDelay
    }

    mutating func storeResponded(at now: Date) {
        guard storeProblem != nil else { return }
        storeProblem = nil
        showToast(.done, InspectorTexts.storeBack, at: now)
        log.add(.init(at: now, kind: .done, text: InspectorTexts.storeBack))
    }

    // MARK: The issuer

    mutating func issuerFailed(_ problem: String, at now: Date) {
        if issuerProblem == nil { issuerCheckAt = now + Self.issuerCheckInterval }
        issuerProblem = problem
    }

    mutating func issuerResponded(at now: Date) {
        if issuerProblem != nil { log.add(.init(at: now, kind: .done, text: InspectorTexts.issuerBack)) }
        issuerProblem = nil
        issuerCheckAt = nil
        if toast?.isAboutIssuer == true { toast = nil }
    }

    /// Checks every 15 s whether the issuer responds again.
    mutating func checkIssuer(at now: Date) -> [Effect] {
        guard let issuerCheckAt, issuerCheckAt <= now else { return [] }
        self.issuerCheckAt = now + Self.issuerCheckInterval
        return [.checkIssuer]
    }
}

/// How many renewals succeeded and failed, and how many tokens expired, since the inspector was opened.
struct Score: Hashable, Sendable {
    private(set) var renewed = 0
    private(set) var failed = 0
    private(set) var expired = 0

    mutating func count(_ event: JournalEntry.Event) {
        switch event {
        case .renewed: renewed += 1
        case .expired: expired += 1
        // The renewal that a lost visitor's application failed at has its own event.
        case let event where event.isFailure && event != .lost: failed += 1
        default: break
        }
    }

    var isEmpty: Bool { self == Score() }
}

/// A short message about what just happened.
package struct Toast: Hashable, Sendable {
    package var kind: EventLog.Line.Kind
    package var text: String
    package var until: Date

    /// Whether it reports that the issuer doesn't respond. It is dismissed when the issuer responds.
    var isAboutIssuer = false
}

/// The events of all sessions since the inspector was opened, and its own messages.
package struct EventLog: Sendable {
    private static let limit = 2000

    package struct Line: Hashable, Sendable {
        package enum Kind: Sendable { case event, expiry, done, hint, failure }

        package var at: Date
        package var kind: Kind
        package var session: SessionID?
        /// The name of the session's event. `nil`: the line is a message.
        package var event: String?
        /// The outcome, or the message.
        package var text: String
        package var actor: String?
        package var requestID: String?
        /// How long the issuer took.
        package var took: String?
    }

    /// Oldest first.
    package private(set) var lines: [Line] = []

    /// The known labels of the sessions in the log.
    private(set) var labels: [SessionID: String] = [:]

    /// The labels that several sessions in the log have.
    var repeatedLabels: Set<String> {
        var seen: Set<String> = []
        return Set(labels.values.filter { !$0.isEmpty && !seen.insert($0).inserted })
    }

    /// The session's label, or the first digits of its ID, or both if the label is one of `repeated`.
    func name(of line: Line, repeated: Set<String>) -> String {
        guard let id = line.session else { return "" }
        guard let label = labels[id], !label.isEmpty else { return id.prefix(6) }
        return repeated.contains(label) ? "\(id.prefix(6)) \(label)" : label
    }

    /// Learns the label of a session that the log mentions.
    mutating func learnLabel(of session: VisitorSession) { labels[session.id] = session.label }

    /// Learns the labels of those sessions that the log mentions.
    mutating func learnLabels(of sessions: [VisitorSession]) {
        let mentioned = Set(lines.compactMap(\.session))
        for session in sessions where mentioned.contains(session.id) { labels[session.id] = session.label }
    }

    mutating func add(_ line: Line) {
        lines.append(line)
        guard lines.count > Self.limit else { return }
        lines.removeFirst(lines.count - Self.limit * 3 / 4)
        let mentioned = Set(lines.compactMap(\.session))
        labels = labels.filter { mentioned.contains($0.key) }
    }
}

extension EventLog.Line {
    init(_ entry: JournalEntry) {
        self.init(
            at: entry.at,
            kind: entry.draft.event.isFailure ? .failure : entry.draft.event == .expired ? .expiry : .event,
            session: entry.session,
            event: entry.draft.event.name, text: entry.draft.outcome ?? "", actor: entry.draft.actor,
            requestID: entry.draft.requestID, took: entry.draft.tookText)
    }
}

extension JournalEntry.Event {
    var isFailure: Bool { [.refused, .failed, .unresolved, .lost].contains(self) }
}
