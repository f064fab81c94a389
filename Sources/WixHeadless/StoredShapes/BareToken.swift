import VisitorSessions

/// One token as it is, or in an `Authorization` header field, with or without its name and `Bearer`.
enum BareToken {
    static func read(_ text: String) throws(UnreadableTokens) -> ReadTokens {
        let (word, isHeader) = withoutHeader(text)
        guard !word.isEmpty else { throw UnreadableTokens("There is no token behind the header's name.") }
        guard !word.contains(where: \.isWhitespace) else {
            throw UnreadableTokens("This is neither JSON nor one token: there is white space in it.")
        }
        let value = try TokenField.checked(word, "The token")
        if word.hasPrefix("JWS.") {
            return ReadTokens(tokens: Tokens(refreshToken: .reading(value)), shape: RefreshTokenAlone.name)
        }
        guard isHeader || word.hasPrefix("OauthNG.JWS.") || DecodedToken(value).format == .jwt else {
            throw UnreadableTokens("This text does not say whether it is an access token or a refresh token.")
        }
        let token = AccessToken.reading(value)
        return ReadTokens(
            tokens: Tokens(accessToken: token), shape: isHeader ? "Authorization header" : "access token")
    }

    private static func withoutHeader(_ text: String) -> (word: String, isHeader: Bool) {
        guard let match = text.prefixMatch(of: /(?i)(?:authorization[ \t]*:[ \t]*)?(?:bearer[ \t]+)?/) else {
            return (text, false)
        }
        return (String(text[match.range.upperBound...]), !match.range.isEmpty)
    }
}
