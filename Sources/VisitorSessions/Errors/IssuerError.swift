public import struct Foundation.Date

/// Why an issuer granted no tokens, and what that means for the session.
public struct IssuerError: Error, Hashable, Sendable {
    @nonexhaustive
    public enum Kind: String, Sendable, Hashable {
        /// The issuer definitely refused the refresh token.
        case refused
        /// A setting is wrong, usually the client ID. The session is unaffected.
        case configuration
        /// A temporary failure. The session is unaffected.
        case transient
        /// An undocumented response. The session is kept.
        case unknown
        /// The request was cancelled. The session is kept, and the request isn't retried.
        case cancelled
    }

    public var kind: Kind

    /// One safe sentence without tokens or control characters. Text from the issuer is truncated.
    public var message: String

    /// The HTTP status, if there was a response.
    public var status: Int?

    /// The issuer's error code, such as `invalid_grant`.
    public var code: String?
    public var requestID: String?

    /// When the issuer accepts requests again, by the local clock (`Retry-After`; RFC 9110, section 10.2.3).
    public var retryAfter: Date?

    /// The issuer's time when it responded, if known.
    public var serverDate: Date?

    /// Whether the request may have reached the issuer without a response. The refresh token may then have been
    /// redeemed.
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

/// Why the issuer can't be contacted now: the client's budget, `Retry-After` or the circuit breaker.
struct RequestDeferral: Error, Hashable, Sendable {
    /// When to retry, on the monotonic clock.
    var until: Duration

    /// The reason, as a sentence to show to a person.
    var reason: String

    /// Whether the request waits for this client's own budget, not for the issuer.
    var isOfBudget = false
}
