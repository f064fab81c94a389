import VisitorSessions

/// One token as it is, or in an `Authorization` header field, with or without its name and `Bearer`.
enum BareToken {
    static func read(_ text: String) throws(UnreadableTokens) -> ReadTokens {
        let (word, isHeader) = withoutHeader(text)
        guard !word.isEmpty else { throw UnreadableTokens("There is no token behind the header's name.") }
        guard !word.contains(where: \.isWhitespace) || Secret(word).isPlaceholder else {
            throw UnreadableTokens("This is neither JSON nor one token: there is white space in it.")
        }
        let text = try TokenText(word, "The token")
        let slot = TokenSlots.Slot(word, "The token")
        if text.form == .refresh { return try ReadTokens(TokenSlots(refresh: slot), shape: RefreshTokenAlone.name) }
        guard isHeader || text.form == .access || DecodedToken(text.value).format == .jwt else {
            throw UnreadableTokens("This text does not say whether it is an access token or a refresh token.")
        }
        return try ReadTokens(
            TokenSlots(access: slot), shape: isHeader ? "Authorization header" : "access token")
    }

    private static func withoutHeader(_ text: String) -> (word: String, isHeader: Bool) {
        var rest = Substring(text)
        var isHeader = false
        if let name = word(of: rest), name.lowercased() == "authorization" {
            let behind = rest.dropFirst(name.count).drop { " \t".contains($0) }
            if behind.first == ":" {
                rest = behind.dropFirst().drop { " \t".contains($0) }
                isHeader = true
            }
        }
        if let scheme = word(of: rest), scheme.lowercased() == "bearer" {
            let behind = rest.dropFirst(scheme.count)
            if let blank = behind.first, " \t".contains(blank) {
                rest = behind.drop { " \t".contains($0) }
                isHeader = true
            }
        }
        return (String(rest), isHeader)
    }

    /// The letters that a text begins with, of which the names that are looked for consist.
    private static func word(of text: Substring) -> Substring? {
        let word = text.prefix(14).prefix { $0.isLetter }
        return word.isEmpty ? nil : word
    }
}
