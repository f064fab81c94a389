public import struct Foundation.Date

/// Why an issuer gave no tokens, and what that means for the session.
public struct IssuerError: Error, Hashable, Sendable {
    @nonexhaustive
    public enum Kind: String, Sendable, Hashable {
        /// The refresh token is dead: a definite end.
        case refused
        /// A setting is wrong, most often the client ID: the session is as good as before.
        case configuration
        /// It may go well the next time: the session is as good as before.
        case transient
        /// An answer that nobody has documented: the session is kept.
        case unknown
        /// The request was cancelled: the session is kept, and it isn't tried again.
        case cancelled
    }

    public var kind: Kind

    /// One safe sentence: no token in it, no control characters, and what the issuer said shortened.
    public var message: String

    /// The HTTP status, where there was an answer.
    public var status: Int?

    /// The issuer's own code for the failure, such as `invalid_grant`.
    public var code: String?
    public var requestID: String?

    /// Not before this time of the local clock, says the issuer (RFC 9110, section 10.2.3).
    public var retryAfter: Date?

    /// The issuer's clock when it answered, where it told.
    public var serverDate: Date?

    /// Whether the request may have reached the issuer without its answer reaching us. A refresh token that
    /// was sent so may have been redeemed.
    public var mayHaveTakenEffect: Bool

    public init(
        _ kind: Kind, _ message: String, status: Int? = nil, code: String? = nil, requestID: String? = nil,
        retryAfter: Date? = nil, serverDate: Date? = nil, mayHaveTakenEffect: Bool = false
    ) {
        self.kind = kind
        self.message = message.asSentence
        self.status = status
        self.code = code
        self.requestID = requestID
        self.retryAfter = retryAfter
        self.serverDate = serverDate
        self.mayHaveTakenEffect = mayHaveTakenEffect
    }
}

extension IssuerError: CustomStringConvertible, CustomDebugStringConvertible {
    public var description: String { message }

    public var debugDescription: String {
        let details = [
            status.map { "status \($0)" }, code.map { "code \($0)" }, requestID.map { "request \($0)" },
        ]
        return ([message] + details.compactMap(\.self)).joined(separator: " · ")
    }
}
