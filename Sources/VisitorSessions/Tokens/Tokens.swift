/// What a visitor has: an access token, a refresh token, or both.
///
/// Real applications store halves too: some cookies hold a refresh token alone, and a copied `Authorization`
/// header is an access token alone. Both are kept and shown as what they are.
public struct Tokens: Hashable, Sendable {
    public var accessToken: AccessToken?
    public var refreshToken: RefreshToken?

    public init(accessToken: AccessToken? = nil, refreshToken: RefreshToken? = nil) {
        self.accessToken = accessToken
        self.refreshToken = refreshToken
    }

    public var isEmpty: Bool {
        accessToken == nil && refreshToken == nil
    }

    public var role: TokenRole {
        refreshToken?.role ?? .visitor
    }

    public var accessExpiry: TokenExpiry {
        TokenExpiry(accessToken.map(\.expiresAt))
    }

    public var refreshExpiry: TokenExpiry {
        TokenExpiry(refreshToken.map(\.expiresAt))
    }
}
