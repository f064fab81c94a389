public import VisitorSessions

public import struct Foundation.Date

extension AccessToken {
    /// The token with what it says of itself: it ends at the earlier of `expiresAt` and its own `exp`, and names
    /// its visitor.
    ///
    /// - Parameter expiresAt: When it ends as somebody else has it, on the issuer's clock.
    public static func reading(_ value: Secret, expiresAt: Date? = nil) -> AccessToken {
        let facts = TokenFacts(value)
        return AccessToken(
            value, expiresAt: [expiresAt, facts.expiresAt].compactMap(\.self).min(), visitorID: facts.visitorID)
    }
}
