import struct Foundation.Date

/// What an issuer's response to a renewal means for a session: a pure decision.
struct RenewalOutcome: Sendable {
    /// The leased session, with its refresh token recorded as sent.
    let leased: OpenedSession

    /// When the refresh token was sent earlier, if no response to that was recorded.
    let sentBefore: Date?
    let answer: Result<IssuedTokens, IssuerError>

    /// How long the issuer took.
    let duration: Duration?

    /// The issuer that responded.
    let issuer: String

    /// Whether the manager started the renewal itself, in the background.
    let isInBackground: Bool

    /// When to retry after a failure.
    let retryAt: Date?

    /// The session, its tokens if they change, and the journal entry to write.
    struct Write: Sendable {
        /// The stored session and tokens that this replaces.
        var current: OpenedSession
        var session: VisitorSession
        var tokens: Tokens?
        var entry: JournalEntry.Draft
    }

    /// The new pair. The role and a refresh token that wasn't replaced are kept.
    var renewedTokens: Tokens? {
        guard case .success(let issued) = answer else { return nil }
        let sent = leased.tokens.refreshToken
        var refreshToken = issued.refreshToken ?? sent
        if let sent { refreshToken?.role = sent.role }
        return Tokens(accessToken: issued.accessToken, refreshToken: refreshToken)
    }

    /// Applies the outcome to the current session, which may have changed since the token was sent.
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
            let visitorChange = JournalEntry.visitorChange(
                from: current.session.visitorID, to: issued.accessToken.visitorID)
            let outcome =
                isSuperseded
                ? "superseded by other tokens" : visitorChange ?? (isInBackground ? "automatically" : nil)
            let entry = JournalEntry.Draft(
                .renewed, actor: name, outcome: outcome, requestID: issued.requestID, duration: duration)
            return Write(current: current, session: session, tokens: tokens, entry: entry)

        case .failure(let error):
            // A late response says nothing about a token that another holder has sent since.
            if !isSuperseded, holdsLease {
                session.refusedAt = isDefinitelyRefused ? now : session.refusedAt
                session.failures += 1
                session.retryAt = retryAt
                // An attempt that didn't reach the issuer doesn't resolve an earlier one.
                if !error.mayHaveTakenEffect { session.sentAt = isDefinitelyRefused ? nil : sentBefore }
            }
            let event: JournalEntry.Event =
                switch error.kind {
                case _ where isDefinitelyRefused: .refused
                case _ where error.mayHaveTakenEffect: .unresolved
                default: .failed
                }
            return Write(
                current: current, session: session, tokens: nil,
                entry: .init(
                    event, actor: name, outcome: error.message, requestID: error.requestID, duration: duration))
        }
    }

    /// Whether the session's own issuer refused the token. Another issuer doesn't know it.
    private var isDefinitelyRefused: Bool {
        guard case .failure(let error) = answer, error.kind == .refused else { return false }
        return (leased.session.issuer ?? issuer) == issuer
    }

    /// What the failure means for the session, and what to do next.
    func meaning(of failure: IssuerError) -> String {
        guard failure.kind == .refused, !isDefinitelyRefused else { return failure.meaningForSession }
        return "The session is unchanged: its tokens are from another issuer."
    }

    /// The error for callers if the outcome can't be stored. It carries the only copy of the new pair.
    func failure(unstored error: StoreError) -> SessionError {
        switch answer {
        case .success(let issued):
            SessionError(
                .store,
                "Session \(leased.session.id) was renewed, but the result couldn't be stored. \(error.message)",
                requestID: issued.requestID, unstoredTokens: renewedTokens,
                unstoredSession: leased.session.id, cause: error)
        case .failure(let failure):
            SessionError(
                failure, meaning: "\(meaning(of: failure)) This couldn't be recorded: \(error.message)")
        }
    }
}

extension IssuerError {
    /// What a failure of the session's own issuer means for the session, and what to do next.
    fileprivate var meaningForSession: String {
        switch kind {
        case .refused: Self.refusedMeaning
        case .configuration: "The session is unchanged; correct the setting and renew again."
        case .transient where mayHaveTakenEffect, .cancelled where mayHaveTakenEffect:
            "The refresh token may have been used. Renew again to find out."
        case .transient, .unknown, .cancelled:
            retryAfter == nil ? "The session is unchanged; try again." : "The session is unchanged; try again later."
        }
    }

    static let refusedMeaning = "The session keeps its tokens. Set new ones, or generate a new session."
}

extension SessionPolicy {
    /// How long callers wait while the disk is full. Only a person can free space, so callers soon get the pair.
    private static let fullDiskTimeout = Duration.seconds(2)

    /// How long callers wait for a pair that can't be stored because of `error`.
    func storeTimeout(for error: StoreError) -> Duration {
        error.kind == .full ? min(storeTimeout, Self.fullDiskTimeout) : storeTimeout
    }
}
