public import struct Foundation.Date

/// Why the session manager did not do what it was asked: what happened, what it means for the session, and
/// what to do next. Never carries a token in its descriptions.
public struct SessionError: Error, Sendable {
    @nonexhaustive
    public enum Kind: String, Sendable, Hashable {
        /// It may go well the next time; the session is kept.
        case transient
        /// The issuer refused the refresh token for good.
        case refused
        /// A setting is wrong; the session is kept.
        case configuration
        /// The store failed.
        case store
        /// The caller went away; what was under way goes on.
        case cancelled
        /// No session goes by that name.
        case notFound
        /// Several sessions go by that name.
        case ambiguous
        /// The session is in no state for this: put away, without tokens, or damaged.
        case unsuitable
    }

    public var kind: Kind

    /// One or two safe sentences for a person.
    public var message: String
    public var requestID: String?

    /// Not before this time of the local clock.
    public var retryAfter: Date?

    /// The pair that was issued and could not be stored: its only copy.
    public var unstoredTokens: Tokens?

    /// The session that ``unstoredTokens`` belong to. `nil`: a new one, which isn't stored either.
    public var unstoredSession: SessionID?

    /// What lies beneath.
    public var cause: (any Error)?

    public init(
        _ kind: Kind, _ message: String, requestID: String? = nil, retryAfter: Date? = nil,
        unstoredTokens: Tokens? = nil, unstoredSession: SessionID? = nil, cause: (any Error)? = nil
    ) {
        self.kind = kind
        self.message = message.asSentence
        self.requestID = requestID
        self.retryAfter = retryAfter
        self.unstoredTokens = unstoredTokens
        self.unstoredSession = unstoredSession
        self.cause = cause
    }
}

extension SessionError: CustomStringConvertible, CustomDebugStringConvertible {
    public var description: String { message }

    public var debugDescription: String {
        [message, requestID.map { "request \($0)" }, cause.map { String(reflecting: $0) }]
            .compactMap(\.self).joined(separator: " · ")
    }
}

extension SessionError {
    init(_ error: StoreError) {
        let kind: Kind =
            switch error.kind {
            case .notFound: .notFound
            case .damaged, .duplicate, .invalidLabel: .unsuitable
            case .conflict, .leased, .overBudget: .transient
            case .unavailable, .full, .uncreatable, .readOnly, .unusable, .configuration, .key: .store
            }
        self.init(kind, error.message, retryAfter: error.notBefore, cause: error)
    }

    /// An issuer's failure, with what it means for `session`.
    init(_ error: IssuerError, meaning: String) {
        let kind: Kind =
            switch error.kind {
            case .refused: .refused
            case .configuration: .configuration
            case .transient, .unknown: .transient
            case .cancelled: .cancelled
            }
        self.init(
            kind, "\(error.message) \(meaning)", requestID: error.requestID, retryAfter: error.retryAfter, cause: error)
    }
}

extension SessionError {
    static func withoutRefreshToken(_ id: SessionID) -> SessionError {
        SessionError(
            .unsuitable, "Session \(id) has no refresh token: it cannot be renewed. Set tokens that have one.")
    }

    static func refused(_ id: SessionID) -> SessionError {
        SessionError(
            .refused, "The issuer has refused the refresh token of session \(id). \(IssuerError.refusedMeaning)")
    }

    /// A token is nobody's business but its issuer's, and another one would call it refused.
    static func ofAnotherIssuer(_ session: VisitorSession, than issuer: String) -> SessionError {
        SessionError(
            .configuration,
            "Session \(session.id) has its tokens from \(session.issuer ?? "another issuer"). They were not sent to "
                + "\(issuer): use that issuer for this session.")
    }
}
