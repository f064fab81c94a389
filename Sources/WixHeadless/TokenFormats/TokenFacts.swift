public import Foundation
public import VisitorSessions

/// What a session takes from its tokens' claims. Unverified.
struct TokenFacts {
    let issuedAt: Date?
    let expiresAt: Date?

    /// The anonymous visitor (`data.instance.aid`; in the development issuer's refresh tokens `aid`), not a JWT's subject.
    let visitorID: String?

    /// Whether it identifies a logged-in person (`uid`).
    let isMember: Bool

    init(_ token: Secret) {
        self.init(payload: TokenParts(token.reveal())?.payload ?? .null)
    }

    init(payload: JSONValue) {
        issuedAt = payload["iat"].flatMap(ExpiryUnit.read)?.date
        expiresAt = payload["exp"].flatMap(ExpiryUnit.read)?.date
        let instance = payload["data"]?["instance"]
        visitorID = Self.identifier(instance?["aid"] ?? payload["aid"])
        isMember = [instance, payload["data"]].contains { Self.identifier($0?["uid"]) != nil }
    }

    private static func identifier(_ value: JSONValue?) -> String? {
        guard let text = value?.string else { return nil }
        let shown = SafeText.shown(text, limit: 128)
        return shown.isEmpty ? nil : shown
    }
}

extension AccessToken {
    /// The token with its own claims: it expires at `expiresAt` or its `exp`, whichever is earlier.
    ///
    /// - Parameter expiresAt: The expiry stated elsewhere, on the issuer's clock.
    public static func reading(_ value: Secret, expiresAt: Date? = nil) -> AccessToken {
        reading(value, TokenFacts(value), expiresAt: expiresAt)
    }

    /// - Parameter facts: The token's own claims.
    static func reading(_ value: Secret, _ facts: TokenFacts, expiresAt: Date?) -> AccessToken {
        AccessToken(
            value, expiresAt: [expiresAt, facts.expiresAt].compactMap(\.self).min(), visitorID: facts.visitorID)
    }
}

extension RefreshToken {
    /// The token with its own claims. Its role may come from the access token issued with it, because a refresh token
    /// doesn't say.
    ///
    /// - Parameter role: The role stated elsewhere. `nil`: read it from the tokens.
    public static func reading(
        _ value: Secret, role: TokenRole? = nil, issuedWith accessToken: AccessToken? = nil
    ) -> RefreshToken {
        reading(value, role: role, issuedWith: accessToken.map { TokenFacts($0.value) })
    }

    /// - Parameter accessFacts: The claims of the access token issued with it.
    static func reading(_ value: Secret, role: TokenRole?, issuedWith accessFacts: TokenFacts?) -> RefreshToken {
        let facts = TokenFacts(value)
        let isMember = facts.isMember || accessFacts?.isMember ?? false
        return RefreshToken(value, role: role ?? (isMember ? .member : .visitor), expiresAt: facts.expiresAt)
    }
}
