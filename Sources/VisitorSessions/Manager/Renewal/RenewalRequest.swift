import struct Foundation.Date

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
    struct Judgement: Sendable {
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
        func isStill(_ opened: OpenedSession) -> Bool {
            (tokens ?? opened.tokens) == opened.tokens && session.renewalCount == opened.session.renewalCount
                && session.tokensAt == opened.session.tokensAt
        }
    }

    let id: SessionID
    let urgency: Urgency

    /// Where the session has other tokens by now there is nothing to do. `nil`: those that it has at the first look.
    let judged: Judgement?

    /// Which issuer is asked: ``TokenIssuer/name``.
    let issuer: String

    /// Who the journal says it was.
    let actor: String
}
