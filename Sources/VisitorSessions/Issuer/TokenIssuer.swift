public import struct Foundation.Date

/// The server that grants tokens, as the session manager sees it. Conform to it to support another protocol.
///
/// Implementations make one request per call and don't retry; the manager decides when to retry. If the task is
/// cancelled, they cancel the request and throw an ``IssuerError``.
public protocol TokenIssuer: Sendable {
    /// The issuer's address without credentials and query, as sessions record it.
    var name: String { get }

    /// Requests tokens for a new visitor.
    ///
    /// On return, a new visitor exists, and the returned pair is the only way to identify it.
    ///
    /// - Parameter limit: How long to wait for the response before throwing a transient ``IssuerError``.
    func generate(clientID: String, within limit: Duration) async throws(IssuerError) -> IssuedTokens

    /// Redeems `refreshToken` for a new access token (RFC 6749, section 6).
    ///
    /// On return the new access token works, and a returned refresh token replaces the given one. An error says in
    /// ``IssuerError/kind-swift.property`` whether the token was refused, and in ``IssuerError/mayHaveTakenEffect``
    /// whether it may have been redeemed anyway.
    ///
    /// - Parameter limit: How long to wait for the response before throwing a transient ``IssuerError``.
    func renew(
        _ refreshToken: RefreshToken, clientID: String, within limit: Duration
    ) async throws(IssuerError) -> IssuedTokens
}

extension TokenIssuer {
    private static var usualLimit: Duration { .seconds(30) }

    /// Requests tokens for a new visitor with a time limit of 30 seconds.
    public func generate(clientID: String) async throws(IssuerError) -> IssuedTokens {
        try await generate(clientID: clientID, within: Self.usualLimit)
    }

    /// Redeems `refreshToken` with a time limit of 30 seconds.
    public func renew(_ refreshToken: RefreshToken, clientID: String) async throws(IssuerError) -> IssuedTokens {
        try await renew(refreshToken, clientID: clientID, within: Self.usualLimit)
    }
}

/// An issuer's response to a token request.
public struct IssuedTokens: Sendable {
    public var accessToken: AccessToken

    /// A new refresh token. `nil` after a renewal means that the old one stays valid.
    public var refreshToken: RefreshToken?

    /// The issuer's request ID, to quote to its support team.
    public var requestID: String?

    /// The issuer's time when it responded, if known.
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

/// The issuer that a person named.
package struct NamedIssuer: Sendable {
    package let name: String

    /// Whether an option names it, which contradicts the issuers of stored sessions. One named by the environment or a
    /// profile applies only to new sessions and to those whose issuer isn't known.
    package let isOption: Bool

    package init(_ name: String, isOption: Bool) {
        self.name = name
        self.isOption = isOption
    }

    /// The issuer of tokens that are set on a session.
    package func forTokens(of session: VisitorSession) -> String { isOption ? name : session.issuer ?? name }

    /// The session's own issuer, if the option contradicts it.
    package func contradicted(by session: VisitorSession) -> String? {
        isOption ? session.issuer.flatMap { $0 == name ? nil : $0 } : nil
    }
}
