public import Foundation
public import VisitorSessions

/// What happened in all sessions since the inspector was opened, and what it had to say.
public struct EventLog: Sendable {
    private static let limit = 2000

    public struct Line: Hashable, Sendable {
        public enum Kind: Sendable { case event, done, hint, failure }

        public var at: Date
        public var kind: Kind
        public var session: SessionID?
        public var text: String
        public var requestID: String?

        public init(at: Date, kind: Kind, session: SessionID? = nil, text: String, requestID: String? = nil) {
            self.at = at
            self.kind = kind
            self.session = session
            self.text = text
            self.requestID = requestID
        }
    }

    /// Oldest first.
    public private(set) var lines: [Line] = []

    mutating func add(_ line: Line) {
        lines.append(line)
        if lines.count > Self.limit { lines.removeFirst(lines.count - Self.limit * 3 / 4) }
    }
}

extension EventLog.Line {
    /// A line of the journal.
    init(_ entry: JournalEntry) {
        let failures: Set<JournalEntry.Event> = [.refused, .failed, .unresolved]
        self.init(
            at: entry.at, kind: failures.contains(entry.draft.event) ? .failure : .event, session: entry.session,
            text: entry.draft.sentence, requestID: entry.draft.requestID)
    }
}

extension JournalEntry.Draft {
    /// What happened, how it went, and who did it.
    var sentence: String {
        "\([event.rawValue, outcome].compactMap(\.self).joined(separator: ": ")) · \(actor)"
    }
}
