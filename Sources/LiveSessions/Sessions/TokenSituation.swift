import VisitorSessions

/// What is known of a token that an application is about to send, and what that means for it.
struct TokenSituation: Sendable {
    var token: UsedToken

    /// The session that the application uses it for. `nil`: none is known.
    var session: OpenedSession?

    /// The session that a person substitutes for it. `nil`: none.
    var target: OpenedSession?

    /// Whether the application got the token in a substituted renewal, so that it isn't the session's own.
    var isForeign = false

    /// Whether the session's tokens were set since the application got the token.
    var isSetSince = false

    var rule: TokenRule {
        guard let session else { return .pass }
        guard session.session.discardedAt == nil, target?.session.discardedAt == nil else { return .refuse }
        switch token.use {
        case .call:
            if let target { return replacement(target.tokens.accessToken?.value) }
            // After a renewal by another process, the old token works on.
            return isForeign ? replacement(session.tokens.accessToken?.value) : .pass
        case .renewal:
            if let target { return replacement(target.tokens.refreshToken?.value) }
            // Another process's renewal may have replaced the application's refresh token.
            return isSetSince ? .pass : session.tokens.refreshToken.map { replacement($0.value) } ?? .pass
        }
    }

    /// Without a token to send in its place, the application's own must not be sent either.
    private func replacement(_ value: Secret?) -> TokenRule {
        guard let value else { return .refuse }
        return value == token.value ? .pass : .replace(with: value)
    }
}
