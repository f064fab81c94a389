public import struct Foundation.Date

/// An issuer's answer to a request for tokens.
public struct IssuedTokens: Sendable {
    public var accessToken: AccessToken

    /// A new refresh token. `nil` after a renewal: the old one stays.
    public var refreshToken: RefreshToken?

    /// The issuer's own name for the request, for its support.
    public var requestID: String?

    /// The issuer's clock when it answered, where it told.
    public var serverDate: Date?

    public init(
        accessToken: AccessToken, refreshToken: RefreshToken?, requestID: String? = nil, serverDate: Date? = nil
    ) {
        self.accessToken = accessToken
        self.refreshToken = refreshToken
        self.requestID = requestID
        self.serverDate = serverDate
    }
}
