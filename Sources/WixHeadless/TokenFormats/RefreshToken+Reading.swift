public import VisitorSessions

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
