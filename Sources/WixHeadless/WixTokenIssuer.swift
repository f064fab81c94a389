public import VisitorSessions

public import struct Foundation.Date

/// The issuer of Wix Headless, and any other that speaks its wire.
public struct WixTokenIssuer: TokenIssuer {
    public let url: IssuerURL
    private let transport: any HTTPTransport
    private let now: @Sendable () -> Date

    /// - Parameter now: The local clock. It only counts where an answer does not say when it was given.
    public init(
        url: IssuerURL = .wix, transport: any HTTPTransport, now: @escaping @Sendable () -> Date = { Date() }
    ) {
        self.url = url
        self.transport = transport
        self.now = now
    }

    public func generate(clientID: String) async throws(IssuerError) -> IssuedTokens {
        try await send(.anonymous(clientID: clientID))
    }

    public func renew(_ refreshToken: RefreshToken, clientID: String) async throws(IssuerError) -> IssuedTokens {
        var issued = try await send(.renewal(refreshToken, clientID: clientID))
        // Whom a visitor's refresh token stands for does not change by redeeming it.
        issued.refreshToken?.role = refreshToken.role
        return issued
    }

    private func send(_ request: TokenRequest) async throws(IssuerError) -> IssuedTokens {
        var endpoint = TokenEndpoint(request: request, sentAt: now(), answeredAt: now())
        let response: HTTPResponse
        do {
            response = try await transport.send(request.request(to: url))
        } catch {
            throw endpoint.failure(error)
        }
        endpoint.answeredAt = now()
        return try endpoint.read(response)
    }
}
