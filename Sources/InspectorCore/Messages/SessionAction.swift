package import VisitorSessions

/// A change of one session.
package enum SessionAction: Sendable {
    /// Generates a session. If `clientID` is `nil`, the configured one is used.
    case generate(label: String = "", clientID: String? = nil)
    case renew(SessionID)
    /// Renews with the issuer that an option names, although another issuer granted the session's tokens.
    case renewFromNamedIssuer(SessionID)
    /// Sets tokens. With `replacing`, only if the session still has those tokens.
    case set(Tokens, clientID: String?, on: SessionID, replacing: Tokens? = nil)
    /// Undoes or redoes a set, only if the session still has the tokens to replace.
    case restoreTokens(OpenedSession, replacing: Tokens, isRedo: Bool)
    /// Undoes the last set by any process, or redoes it.
    case undoSet(SessionID, isRedo: Bool = false)
    case add(Tokens, label: String = "", clientID: String?)
    case discard(SessionID)
    case restore(SessionID)
    case label(SessionID, String, before: String)
    case autoRenew(SessionID, Bool)
    /// Makes the application that uses the session send another session's tokens instead.
    case substitute(SessionID, with: SessionID)
    /// Stops the substitution for a session.
    case withdraw(SessionID)

    package enum Kind: Sendable {
        case generate, renew, set, discard, restore, label, autoRenew, substitute
    }

    var kind: Kind {
        switch self {
        case .generate: .generate
        case .renew, .renewFromNamedIssuer: .renew
        case .set, .restoreTokens, .undoSet, .add: .set
        case .discard: .discard
        case .restore: .restore
        case .label: .label
        case .autoRenew: .autoRenew
        case .substitute, .withdraw: .substitute
        }
    }

    /// `nil`: it creates a session.
    package var sessionID: SessionID? {
        switch self {
        case .generate, .add: nil
        case .renew(let id), .renewFromNamedIssuer(let id), .set(_, _, let id, _), .undoSet(let id, _),
            .discard(let id), .restore(let id), .label(let id, _, _), .autoRenew(let id, _), .substitute(let id, _),
            .withdraw(let id):
            id
        case .restoreTokens(let previous, _, _): previous.session.id
        }
    }

    func isSame(as other: SessionAction) -> Bool { kind == other.kind && sessionID == other.sessionID }

    /// Whether it calls the issuer, so that a failure can mean that the issuer doesn't respond.
    var callsIssuer: Bool { kind == .generate || kind == .renew }

    /// Whether it does what the undo key would do after an earlier action.
    var undoesAnother: Bool {
        switch self {
        case .restore, .restoreTokens, .undoSet, .withdraw: true
        case .generate, .renew, .renewFromNamedIssuer, .set, .add, .discard, .label, .autoRenew, .substitute: false
        }
    }

    /// The action that undoes it, and a description of what the undo key does.
    func inverse(previous: OpenedSession?) -> (action: SessionAction, meaning: String)? {
        switch self {
        case .discard(let id): (.restore(id), "undoes")
        case .restore(let id): (.discard(id), "discards it again")
        case .restoreTokens(let restored, _, let isRedo):
            restoring(previous, replacing: restored.tokens, isRedo: !isRedo)
        case .set(let tokens, _, _, _): restoring(previous, replacing: tokens, isRedo: false)
        case .undoSet(let id, let isRedo): (.undoSet(id, isRedo: !isRedo), "restores the previous tokens")
        case .label(let id, let label, let before):
            (.label(id, before, before: label), before.isEmpty ? "undoes" : "restores the previous label")
        case .autoRenew(let id, let isOn): (.autoRenew(id, !isOn), "undoes")
        case .substitute(let id, _): (.withdraw(id), "stops the substitution")
        case .generate, .renew, .renewFromNamedIssuer, .add, .withdraw: nil
        }
    }

    private func restoring(
        _ previous: OpenedSession?, replacing tokens: Tokens, isRedo: Bool
    ) -> (action: SessionAction, meaning: String)? {
        guard let previous, !previous.tokens.isEmpty else { return nil }
        return (.restoreTokens(previous, replacing: tokens, isRedo: isRedo), "restores the previous tokens")
    }

    /// The action that retries it, for failures that would otherwise lose tokens.
    func retry(after error: SessionError) -> SessionAction? {
        if let tokens = error.unstoredTokens {
            return sessionID.map { .set(tokens, clientID: nil, on: $0) } ?? .add(tokens, clientID: nil)
        }
        guard [.store, .transient, .cancelled].contains(error.kind) else { return nil }
        switch self {
        case .restore, .restoreTokens, .undoSet, .set, .add: return self
        case .generate, .renew, .renewFromNamedIssuer, .discard, .label, .autoRenew, .substitute, .withdraw:
            return nil
        }
    }
}
