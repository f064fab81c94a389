import VisitorSessions

/// An issuer in whose calls the process may die.
struct DyingIssuer: TokenIssuer {
    let issuer: any TokenIssuer
    let death: Death

    var name: String { issuer.name }

    func generate(clientID: String, within limit: Duration) async throws(IssuerError) -> IssuedTokens {
        try await issuer.generate(clientID: clientID, within: limit)
    }

    func renew(
        _ refreshToken: RefreshToken, clientID: String, within limit: Duration
    ) async throws(IssuerError) -> IssuedTokens {
        death.pass("before-request")
        let issued = try await issuer.renew(refreshToken, clientID: clientID, within: limit)
        death.pass("after-request")
        return issued
    }
}
