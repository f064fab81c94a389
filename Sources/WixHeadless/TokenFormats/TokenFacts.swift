public import Foundation
public import VisitorSessions

/// What a session takes from what its tokens say. Nothing of it is verified.
struct TokenFacts {
    let issuedAt: Date?
    let expiresAt: Date?

    /// The anonymous visitor (`data.instance.aid`). The subject of a JWT is none.
    let visitorID: String?

    /// Whether it names a person who has logged in (`uid`).
    let isMember: Bool

    init(_ token: Secret) {
        self.init(payload: TokenParts(token.reveal())?.payload ?? .null)
    }

    init(payload: JSONValue) {
        issuedAt = payload["iat"].flatMap(ExpiryUnit.read)?.date
        expiresAt = payload["exp"].flatMap(ExpiryUnit.read)?.date
        let instance = payload["data"]?["instance"]
        visitorID = Self.identifier(instance?["aid"])
        isMember = [instance, payload["data"]].contains { Self.identifier($0?["uid"]) != nil }
    }

    private static func identifier(_ value: JSONValue?) -> String? {
        guard let text = value?.string else { return nil }
        let shown = SafeText.shown(text, limit: 128)
        return shown.isEmpty ? nil : shown
    }
}

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

extension RefreshToken {
    /// The token with what it says of itself, and with what the access token beside it says of whom both stand
    /// for: a refresh token does not tell.
    ///
    /// - Parameter role: The role as somebody else has it. `nil`: read from the tokens.
    public static func reading(
        _ value: Secret, role: TokenRole? = nil, issuedWith accessToken: AccessToken? = nil
    ) -> RefreshToken {
        let facts = TokenFacts(value)
        func isMember() -> Bool { facts.isMember || accessToken.map { TokenFacts($0.value).isMember } ?? false }
        return RefreshToken(value, role: role ?? (isMember() ? .member : .visitor), expiresAt: facts.expiresAt)
    }
}
