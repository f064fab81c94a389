public import VisitorSessions

/// Something to do to sessions.
public enum Operation: Sendable {
    case generate
    case renew(SessionID)
    case set(Tokens, on: SessionID)
    /// Undoes a set: the tokens that were there before.
    case putBack(Tokens, on: SessionID)
    case add(Tokens, clientID: String?)
    case discard(SessionID)
    case restore(SessionID)
}

/// How an ``Operation`` ended.
public struct Outcome: Sendable {
    public var operation: Operation
    public var result: Result<VisitorSession, SessionError>

    /// The tokens that a set replaced.
    public var previous: Tokens?

    public init(_ operation: Operation, _ result: Result<VisitorSession, SessionError>, previous: Tokens? = nil) {
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
        case .renew(let id), .set(_, let id), .putBack(_, let id), .discard(let id), .restore(let id): id
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
