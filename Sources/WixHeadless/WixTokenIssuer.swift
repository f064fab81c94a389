public import VisitorSessions

public import struct Foundation.Date

/// An issuer that speaks the protocol of Wix Headless.
public struct WixTokenIssuer: TokenIssuer {
    public let url: IssuerURL
    private let transport: any HTTPTransport
    private let now: @Sendable () -> Date

    /// - Parameter now: The local clock, used if a response has no `Date`.
    public init(
        url: IssuerURL = .wix, transport: any HTTPTransport, now: @escaping @Sendable () -> Date = { Date() }
    ) {
        self.url = url
        self.transport = transport
        self.now = now
    }

    public var name: String { url.description }

    public func generate(clientID: String, within limit: Duration) async throws(IssuerError) -> IssuedTokens {
        let (endpoint, response) = try await send(.anonymous(clientID: clientID), within: limit)
        return try endpoint.tokens(response)
    }

    public func renew(
        _ refreshToken: RefreshToken, clientID: String, within limit: Duration
    ) async throws(IssuerError) -> IssuedTokens {
        let (endpoint, response) = try await send(.renewal(refreshToken, clientID: clientID), within: limit)
        var issued = try endpoint.tokens(response)
        // Redeeming a refresh token doesn't change whom it identifies.
        issued.refreshToken?.role = refreshToken.role
        return issued
    }

    /// Asks the issuer about an access or a refresh token (Wix documentation, token info).
    ///
    /// Changes nothing, even if it fails. An inactive token is a result, not an error.
    public func information(about token: Secret) async throws(IssuerError) -> TokenInformation {
        let (endpoint, response) = try await send(.information(token))
        return try endpoint.information(response)
    }

    private func send(
        _ request: TokenRequest, within limit: Duration? = nil
    ) async throws(IssuerError) -> (TokenEndpoint, HTTPResponse) {
        var endpoint = TokenEndpoint(request: request, sentAt: now(), receivedAt: now())
        let response: HTTPResponse
        do {
            var request = request.request(to: url)
            request.timeLimit = limit
            response = try await transport.send(request)
        } catch {
            throw endpoint.failure(error)
        }
        endpoint.receivedAt = now()
        return (endpoint, response)
    }
}
