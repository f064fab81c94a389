public import struct Foundation.Date

/// The long-lived token that is redeemed for new access tokens (RFC 6749, section 1.5).
public struct RefreshToken: Hashable, Sendable {
    public var value: Secret
    public var role: TokenRole

    /// When the token itself says that it ends, on the issuer's clock. `nil` where it does not say.
    public var expiresAt: Date?

    public init(_ value: Secret, role: TokenRole = .visitor, expiresAt: Date? = nil) {
        self.value = value
        self.role = role
        self.expiresAt = expiresAt
    }
}
