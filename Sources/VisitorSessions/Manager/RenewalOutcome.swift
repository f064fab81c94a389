import struct Foundation.Date

/// What an issuer's answer to a renewal makes of a session: a pure decision.
struct RenewalOutcome: Sendable {
    let sent: RefreshToken
    let answer: Result<IssuedTokens, IssuerError>
    let holder: String

    /// What to write: the session, its tokens where they change, and the line in the journal.
    struct Write {
        var session: VisitorSession
        var tokens: Tokens?
        var entry: JournalEntry.Draft
    }

    /// The outcome recorded on the session as it is by now, which may have changed since the token was sent.
    ///
    /// Where the session holds another refresh token by now, its tokens were set, or renewed under a later
    /// lease: they stay. Where it was put away it stays so, with the new pair, for it may be taken back.
    func applied(to current: OpenedSession, by name: String, at now: Date) -> Write {
        let isSuperseded = current.tokens.refreshToken?.value != sent.value
        var session = current.session
        if session.lease?.holder == holder { session.lease = nil }

        switch answer {
        case .success(let issued):
            let entry = JournalEntry.Draft(
                .renewed, actor: name, outcome: isSuperseded ? "superseded: other tokens were set" : nil,
                requestID: issued.requestID)
            if isSuperseded { return Write(session: session, tokens: nil, entry: entry) }
            let tokens = renewed(with: issued)
            session.take(tokens, at: now)
            session.renewedAt = now
            session.renewalCount += 1
            return Write(session: session, tokens: tokens, entry: entry)

        case .failure(let error):
            if !isSuperseded {
                session.refusedAt = error.kind == .refused ? now : session.refusedAt
                session.sentAt = error.mayHaveTakenEffect ? session.sentAt : nil
            }
            let event: JournalEntry.Event =
                switch error.kind {
                case .refused: .refused
                case _ where error.mayHaveTakenEffect: .unresolved
                default: .failed
                }
            return Write(
                session: session, tokens: nil,
                entry: .init(event, actor: name, outcome: error.message, requestID: error.requestID))
        }
    }

    /// The new pair. A refresh token that was not replaced stays, and so does the role.
    private func renewed(with issued: IssuedTokens) -> Tokens {
        var refreshToken = issued.refreshToken ?? sent
        refreshToken.role = sent.role
        return Tokens(accessToken: issued.accessToken, refreshToken: refreshToken)
    }
}
