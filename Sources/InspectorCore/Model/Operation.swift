public import VisitorSessions

/// Something to do to one session.
public enum Operation: Sendable {
    case generate
    case renew(SessionID)
    /// Sets tokens, and where `replacing` says some, only in their place.
    case set(Tokens, clientID: String?, on: SessionID, replacing: Tokens? = nil)
    /// Undoes a set: what was there before, unless the session has got yet other tokens than those that were set.
    case putBack(OpenedSession, replacing: Tokens)
    case add(Tokens, clientID: String?)
    case discard(SessionID)
    case restore(SessionID)
    case label(SessionID, String, before: String)
    case autoRenew(SessionID, Bool)
}

/// How an ``Operation`` ended.
public struct Outcome: Sendable {
    public var operation: Operation

    /// Which ``Work`` it is a part of.
    public var work: Int
    public var result: Result<VisitorSession, SessionError>

    /// The session before a set.
    public var previous: OpenedSession?

    public init(
        _ operation: Operation, of work: Int, _ result: Result<VisitorSession, SessionError>,
        previous: OpenedSession? = nil
    ) {
        self.operation = operation
        self.work = work
        self.result = result
        self.previous = previous
    }
}

extension Operation {
    /// The session that it is done to, where there is one already.
    public var sessionID: SessionID? {
        switch self {
        case .generate, .add: nil
        case .renew(let id), .set(_, _, let id, _), .discard(let id), .restore(let id), .label(let id, _, _),
            .autoRenew(let id, _):
            id
        case .putBack(let previous, _): previous.session.id
        }
    }

    /// What happened, once it is done.
    var pastTense: String {
        switch self {
        case .generate: "generated"
        case .renew: "renewed"
        case .set: "set tokens on"
        case .putBack: "put the old tokens back on"
        case .add: "stored"
        case .discard: "discarded"
        case .restore: "restored"
        case .label: "labelled"
        case .autoRenew(_, let isOn): isOn ? "will renew automatically" : "will not renew automatically any more"
        }
    }

    /// While it is under way.
    var presentTense: String {
        switch self {
        case .generate: "generating"
        case .renew: "renewing"
        case .set, .putBack, .add: "setting"
        case .discard: "discarding"
        case .restore: "restoring"
        case .label: "labelling"
        case .autoRenew: "switching automatic renewal of"
        }
    }

    /// What takes it back, once it is done: the operation, and what the undo key will do in words.
    func undo(previous: OpenedSession?) -> (operation: Operation, meaning: String)? {
        switch self {
        case .discard(let id): (.restore(id), "undoes")
        case .set(let tokens, _, _, _):
            previous.flatMap {
                $0.tokens.isEmpty ? nil : (.putBack($0, replacing: tokens), "restores the previous tokens")
            }
        case .label(let id, let label, let before):
            (.label(id, before, before: label), before.isEmpty ? "undoes" : "restores the old label")
        case .autoRenew(let id, let isOn): (.autoRenew(id, !isOn), "undoes")
        case .generate, .renew, .putBack, .add, .restore: nil
        }
    }

    /// Whether its failures stand in the journal, too.
    var isRenewal: Bool { if case .renew = self { true } else { false } }

    /// Whether it is the same thing done to the same session.
    func isSame(as other: Operation) -> Bool {
        presentTense == other.presentTense && sessionID == other.sessionID
    }
}
