import struct Foundation.Date

/// What an issuer's answer to a renewal makes of a session: a pure decision.
struct RenewalOutcome: Sendable {
    /// The session as it was leased, marked as sent.
    let leased: OpenedSession

    /// When its refresh token had been sent before, with no answer recorded.
    let sentBefore: Date?
    let answer: Result<IssuedTokens, IssuerError>

    /// Which issuer has answered.
    let issuer: String

    /// Whether it was nobody's wish: the manager saw to it that the session goes on.
    let isInBackground: Bool

    /// Before when it is not to be tried again, where it failed.
    let retryAt: Date?

    /// What to write: the session, its tokens where they change, and the line in the journal.
    struct Write: Sendable {
        /// The session and its tokens as they were read, on which this is to be written.
        var current: OpenedSession
        var session: VisitorSession
        var tokens: Tokens?
        var entry: JournalEntry.Draft
    }

    /// The new pair. A refresh token that was not replaced stays, and so does the role.
    var renewedTokens: Tokens? {
        guard case .success(let issued) = answer else { return nil }
        let sent = leased.tokens.refreshToken
        var refreshToken = issued.refreshToken ?? sent
        if let sent { refreshToken?.role = sent.role }
        return Tokens(accessToken: issued.accessToken, refreshToken: refreshToken)
    }

    /// The outcome recorded on the session as it is by now, which may have changed since the token was sent.
    ///
    /// Where the session holds other tokens by now, they were set, or renewed under a later lease: they stay.
    /// Where it was put away it stays so, with the new pair, for it may be taken back.
    func applied(to current: OpenedSession, by name: String, at now: Date) -> Write {
        let isSuperseded = current.tokens != leased.tokens
        var session = current.session
        let holdsLease = session.lease != nil && session.lease?.holder == leased.session.lease?.holder
        if holdsLease { session.lease = nil }

        switch answer {
        case .success(let issued):
            let tokens = isSuperseded ? nil : renewedTokens
            if let tokens {
                session.apply(tokens, at: now)
                session.renewedAt = now
                session.renewalCount += 1
                session.issuer = issuer
            }
            let outcome =
                isSuperseded
                ? "superseded: it has other tokens by now" : isInBackground ? "in the background" : nil
            let entry = JournalEntry.Draft(.renewed, actor: name, outcome: outcome, requestID: issued.requestID)
            return Write(current: current, session: session, tokens: tokens, entry: entry)

        case .failure(let error):
            // A late answer says nothing of a token that another holder has sent since.
            if !isSuperseded, holdsLease {
                session.refusedAt = error.kind == .refused ? now : session.refusedAt
                session.failures += 1
                session.retryAt = retryAt
                // What was unresolved before this attempt is not resolved by one that did not get through.
                if !error.mayHaveTakenEffect { session.sentAt = error.kind == .refused ? nil : sentBefore }
            }
            let event: JournalEntry.Event =
                switch error.kind {
                case .refused: .refused
                case _ where error.mayHaveTakenEffect: .unresolved
                default: .failed
                }
            return Write(
                current: current, session: session, tokens: nil,
                entry: .init(event, actor: name, outcome: error.message, requestID: error.requestID))
        }
    }

    /// What the caller is told where the store does not take it: the new pair, of which there is no other copy.
    func failure(unstored error: StoreError) -> SessionError {
        switch answer {
        case .success(let issued):
            SessionError(
                .store,
                "Session \(leased.session.id) was renewed, and the result could not be stored. \(error.message)",
                requestID: issued.requestID, unstoredTokens: renewedTokens,
                unstoredSession: leased.session.id, cause: error)
        case .failure(let failure):
            SessionError(
                failure, meaning: "\(failure.meaningForSession) That could not be noted: \(error.message)")
        }
    }
}

extension IssuerError {
    /// What a failed renewal means for the session, and what to do.
    var meaningForSession: String {
        switch kind {
        case .refused: Self.refusedMeaning
        case .configuration: "The session is kept; correct the setting and renew again."
        case .transient where mayHaveTakenEffect, .cancelled where mayHaveTakenEffect:
            "The session is unresolved: whether it was renewed shows when you renew it again."
        case .transient, .unknown, .cancelled: "The session is kept; try again."
        }
    }

    static let refusedMeaning = "The session cannot be renewed any more: generate a new one, or set other tokens."
}

extension SessionPolicy {
    /// The most that callers wait for a full disk: only a person makes room, and needs the pair meanwhile.
    private static let fullDiskTimeout = Duration.seconds(2)

    /// How long callers wait for a pair that the store doesn't take because of `error`.
    func storeTimeout(for error: StoreError) -> Duration {
        error.kind == .full ? min(storeTimeout, Self.fullDiskTimeout) : storeTimeout
    }
}
