public import struct Foundation.Date

/// Why the session manager failed: what happened, what it means for the session and what to do next. Descriptions never
/// contain a token.
public struct SessionError: Error, Sendable {
    @nonexhaustive
    public enum Kind: String, Sendable, Hashable {
        /// A temporary failure; the session is kept.
        case transient
        /// The issuer definitely refused the refresh token.
        case refused
        /// A setting is wrong; the session is kept.
        case configuration
        /// The store failed.
        case store
        /// The caller was cancelled; running work continues.
        case cancelled
        /// No session matches.
        case notFound
        /// Several sessions match.
        case ambiguous
        /// The session's state doesn't allow this: it is discarded, damaged or has no tokens.
        case unsuitable
    }

    public var kind: Kind

    /// One or two safe sentences to show to a person.
    public var message: String
    public var requestID: String?

    /// When to retry, by the local clock.
    public var retryAfter: Date?

    /// The issued pair that couldn't be stored. This is its only copy.
    public var unstoredTokens: Tokens?

    /// The session that ``unstoredTokens`` belong to, or `nil` for a new session that isn't stored either.
    public var unstoredSession: SessionID?

    /// The issuer that granted the session's tokens, if they weren't sent because the manager uses another issuer.
    package var otherIssuer: String?

    /// Whether it is a temporary failure of the issuer, not of the store.
    package var isOfIssuer: Bool {
        kind == .transient && !(cause is StoreError) && (cause as? RequestDeferral)?.isOfBudget != true
    }

    /// The underlying error.
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
    package init(_ error: StoreError) {
        let kind: Kind =
            switch error.kind {
            case .notFound: .notFound
            case .damaged, .duplicate, .invalidLabel: .unsuitable
            case .conflict, .leased, .overBudget: .transient
            case .unavailable, .full, .uncreatable, .readOnly, .unusable, .configuration, .key: .store
            }
        self.init(kind, error.message, retryAfter: error.notBefore, cause: error)
    }

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
            .unsuitable, "Session \(id) has no refresh token, so it can't be renewed. Set tokens that include one.")
    }

    static func refused(_ id: SessionID) -> SessionError {
        SessionError(
            .refused, "The issuer refused the refresh token of session \(id). \(IssuerError.refusedMeaning)")
    }

    /// Tokens are sent only to the issuer that granted them. Another issuer would refuse them.
    static func ofAnotherIssuer(_ session: VisitorSession, than issuer: String) -> SessionError {
        var error = SessionError(
            .configuration,
            "Session \(session.id) belongs to \(session.issuer ?? "another issuer"), so its tokens weren't sent to "
                + "\(issuer). \(session.issuer.map { "Use --issuer \($0)." } ?? "Use its own issuer.")")
        error.otherIssuer = session.issuer
        return error
    }
}
