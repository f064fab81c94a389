import struct Foundation.Date

extension RenewalMachine {
    enum Event: Sendable {
        /// The renewal was requested: the first event.
        case begun
        /// The stored session and its tokens.
        case opened(OpenedSession)
        case notOpened(StoreError)
        /// The lease was granted, and the refresh token is recorded as sent.
        case leased(VisitorSession)
        case notLeased(LeaseRefusal)
        case answered(Result<IssuedTokens, IssuerError>)
        case stored(VisitorSession)
        case notStored(StoreError)
        /// The wait ended, by time or by a change.
        case waited
        /// The waiters were notified.
        case reported
    }

    /// What to do next.
    enum Action: Sendable {
        case open
        /// Lease the session at the version that was read, and record its refresh token as sent.
        case lease(VisitorSession)
        /// Redeem the refresh token, with a deadline on the monotonic clock.
        case send(RefreshToken, clientID: String, deadline: Duration)
        case store(RenewalOutcome.Write)
        /// Wait until an instant of the monotonic clock or, with `orChange`, until the store changes.
        case wait(until: Duration, orChange: Bool)
        /// Notify the waiters and continue.
        case report(Result<OpenedSession, SessionError>)
        /// Notify the waiters if that hasn't happened, and end.
        case finish(Result<OpenedSession, SessionError>)
    }

    /// Why the lease wasn't granted.
    enum LeaseRefusal: Sendable {
        /// The session was written since it was read.
        case changed
        /// Another holder has the lease until this time, by the store's clock.
        case busy(until: Date?)
        case deferred(RequestDeferral)
        case failed(StoreError)
    }
}

/// A request to renew a session: how urgent it is, which issuer to contact, and who made it.
struct RenewalRequest: Sendable {
    enum Urgency: Sendable {
        /// A person or a program requested a renewal now.
        case demanded
        /// A caller is waiting for a working token.
        case needed
        /// In the background: the token still works.
        case ahead
    }

    /// The session as it was when a renewal was found necessary.
    struct ObservedTokens: Sendable {
        /// `nil` if only the session was read.
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

        /// Whether the session still has the observed tokens.
        func matches(_ opened: OpenedSession) -> Bool {
            (tokens ?? opened.tokens) == opened.tokens && session.renewalCount == opened.session.renewalCount
                && session.tokensAt == opened.session.tokensAt
        }
    }

    let id: SessionID
    let urgency: Urgency

    /// If the session has other tokens by now, there is nothing to do. `nil`: the tokens of the first read.
    let observed: ObservedTokens?

    /// The issuer to contact: ``TokenIssuer/name``.
    let issuer: String

    /// Whether to contact it even if another issuer granted the tokens.
    var ignoresOwnIssuer = false

    /// The name of this process in the journal.
    let actor: String
}
