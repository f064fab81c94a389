import struct Foundation.Date

extension RenewalMachine {
    /// What happened.
    enum Event: Sendable {
        /// Somebody asks for the renewal: the first event.
        case begun
        /// The session and its tokens, as the store has them now.
        case opened(OpenedSession)
        case notOpened(StoreError)
        /// The lease is ours, and the refresh token marked as sent.
        case leased(VisitorSession)
        case notLeased(LeaseRefusal)
        case answered(Result<IssuedTokens, IssuerError>)
        case stored(VisitorSession)
        case notStored(StoreError)
        /// The time that was waited for has come, or something has changed.
        case waited
        /// Those who wait have been told.
        case reported
    }

    /// What to do next.
    enum Action: Sendable {
        /// Read the session and its tokens.
        case open
        /// Take the lease of the session as it was read, and mark its refresh token as sent.
        case lease(VisitorSession)
        /// Redeem the refresh token. Whatever comes of it has to be known by an instant of the clock that nobody sets.
        case send(RefreshToken, clientID: String, deadline: Duration)
        case store(RenewalOutcome.Write)
        /// Until an instant of the clock that nobody sets; with `orChange`, at most until the store changes.
        case wait(until: Duration, orChange: Bool)
        /// Tell those who wait, and go on.
        case report(Result<OpenedSession, SessionError>)
        /// Tell those who wait, where that has not been done. This is the end.
        case finish(Result<OpenedSession, SessionError>)
    }

    /// Why there is no lease.
    enum LeaseRefusal: Sendable {
        /// The session was written since it was read.
        case changed
        /// Another one has it, until a time of the store's clock.
        case busy(until: Date?)
        case deferred(RequestDeferral)
        case failed(StoreError)
    }
}

/// Who asks for what renewal.
struct RenewalRequest: Sendable {
    enum Urgency: Sendable {
        /// A person, or a program for one, wants it renewed now.
        case demanded
        /// Somebody waits for a token that works.
        case needed
        /// Nobody waits: the token works, and shall go on working.
        case ahead
    }

    /// A session as it was when its tokens were found wanting.
    struct ObservedTokens: Sendable {
        /// `nil` where only the session was looked at.
        let tokens: Tokens?
        let session: VisitorSession

        init(_ opened: OpenedSession) {
            tokens = opened.tokens
            session = opened.session
        }

        init(_ session: VisitorSession) {
            tokens = nil
            self.session = session
        }

        /// Whether the session still has what was found wanting.
        func matches(_ opened: OpenedSession) -> Bool {
            (tokens ?? opened.tokens) == opened.tokens && session.renewalCount == opened.session.renewalCount
                && session.tokensAt == opened.session.tokensAt
        }
    }

    let id: SessionID
    let urgency: Urgency

    /// Where the session has other tokens by now there is nothing to do. `nil`: those that it has at the first look.
    let observed: ObservedTokens?

    /// Which issuer is asked: ``TokenIssuer/name``.
    let issuer: String

    /// Who the journal says it was.
    let actor: String
}
