public import VisitorSessions

/// Something to do to sessions.
public enum Operation: Sendable {
    case generate
    case renew(SessionID)
    case set(Tokens, clientID: String?, on: SessionID)
    /// Undoes a set: what was there before, unless the session has got yet other tokens than those that were set.
    case putBack(OpenedSession, replacing: Tokens)
    case add(Tokens, clientID: String?)
    case discard(SessionID)
    case restore(SessionID)
}

/// How an ``Operation`` ended.
public struct Outcome: Sendable {
    public var operation: Operation
    public var result: Result<VisitorSession, SessionError>

    /// The session before a set.
    public var previous: OpenedSession?

    public init(
        _ operation: Operation, _ result: Result<VisitorSession, SessionError>, previous: OpenedSession? = nil
    ) {
        self.operation = operation
        self.result = result
        self.previous = previous
    }
}

extension Operation {
    /// The session that it is done to, where there is one already.
    var sessionID: SessionID? {
        switch self {
        case .generate, .add: nil
        case .renew(let id), .set(_, _, let id), .discard(let id), .restore(let id): id
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
        }
    }
}
