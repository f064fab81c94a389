public import struct Foundation.Date

/// The server that gives tokens out: the port between the session manager and a wire.
///
/// An adapter makes one request a call and does not retry; when to try again is the manager's decision.
/// It follows the cancellation of its task, which throws a transient ``IssuerError``.
public protocol TokenIssuer: Sendable {
    /// Which issuer it is, as sessions remember it: its address, without credentials and query.
    var name: String { get }

    /// Asks for a new visitor's tokens.
    ///
    /// Returning means that there is a new visitor, whose only trace is the returned pair.
    ///
    /// - Parameter limit: How long the answer may take. After that it throws a transient ``IssuerError``.
    func generate(clientID: String, within limit: Duration) async throws(IssuerError) -> IssuedTokens

    /// Redeems `refreshToken` for a new access token (RFC 6749, section 6).
    ///
    /// Returning means that the returned access token works, and that the returned refresh token, where there
    /// is one, replaces the one given. Throwing says in ``IssuerError/kind-swift.property`` whether the token
    /// is dead, and in ``IssuerError/mayHaveTakenEffect`` whether it may have been redeemed all the same.
    ///
    /// - Parameter limit: How long the answer may take. After that it throws a transient ``IssuerError``.
    func renew(
        _ refreshToken: RefreshToken, clientID: String, within limit: Duration
    ) async throws(IssuerError) -> IssuedTokens
}

extension TokenIssuer {
    private static var usualLimit: Duration { .seconds(30) }

    /// Asks for a new visitor's tokens, and waits 30 seconds at most.
    public func generate(clientID: String) async throws(IssuerError) -> IssuedTokens {
        try await generate(clientID: clientID, within: Self.usualLimit)
    }

    /// Redeems `refreshToken`, and waits 30 seconds at most.
    public func renew(_ refreshToken: RefreshToken, clientID: String) async throws(IssuerError) -> IssuedTokens {
        try await renew(refreshToken, clientID: clientID, within: Self.usualLimit)
    }
}

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
