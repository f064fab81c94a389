public import struct Foundation.Date

/// The short-lived token that a client sends with its requests (RFC 6749, section 1.4).
public struct AccessToken: Hashable, Sendable {
    public var value: Secret

    /// When it stops working, on the issuer's clock. `nil` where nobody said: neither `expires_in` nor a claim.
    public var expiresAt: Date?

    /// The anonymous visitor that the token names, where it names one. Read from the token without
    /// verification: for people to look at, never for a decision.
    public var visitorID: String?

    public init(_ value: Secret, expiresAt: Date?, visitorID: String? = nil) {
        self.value = value
        self.expiresAt = expiresAt
        self.visitorID = visitorID
    }
}
