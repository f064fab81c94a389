public import Foundation
public import VisitorSessions

/// The token endpoint's own answer: `{"access_token","expires_in","refresh_token"}`.
///
/// It says how long the token lives, but not from when on: that is the token's own `iat`, or else now.
public enum EndpointTokens: StoredShape {
    static func read(_ json: JSONValue, now: Date) throws(UnreadableTokens) -> ReadTokens? {
        guard json["access_token"] != nil || json["refresh_token"] != nil else { return nil }
        let lifetime = TokenResponse(json)?.lifetime
        let issuedAt = json["access_token"]?.string.flatMap { TokenFacts(Secret($0)).issuedAt }
        let slots = TokenSlots(
            access: .init(value: json["access_token"], name: "access_token"),
            refresh: .init(value: json["refresh_token"], name: "refresh_token"),
            expiresAt: lifetime.map { (issuedAt ?? now).addingTimeInterval($0) })
        return try ReadTokens(
            slots, shape: "token endpoint answer", expiryUnit: lifetime == nil ? .none : .seconds)
    }

    /// The pair as the endpoint would answer with it, in one line. It counts the life of the access token as it is
    /// read back: from the token's own `iat`, or else from now.
    public static func json(_ tokens: Tokens, now: Date) -> Secret {
        let access = tokens.accessToken
        let start = access.flatMap { DecodedToken($0.value).issuedAt } ?? now
        var members = [
            JSONValue.Member(name: "access_token", value: .string(access?.value.reveal() ?? "")),
            .init(name: "token_type", value: .string("Bearer")),
        ]
        if let end = access?.expiresAt {
            let life = max(end.timeIntervalSince(start).rounded(.down), 0)
            members.append(.init(name: "expires_in", value: .number(String(Int(exactly: life) ?? 0))))
        }
        if let refresh = tokens.refreshToken {
            members.append(.init(name: "refresh_token", value: .string(refresh.value.reveal())))
        }
        return Secret(JSONValue.object(members).text)
    }
}

/// Both tokens side by side: in the browser's local storage with an expiry in milliseconds and a role, and in
/// Dart and Flutter with an expiry in ISO 8601: `{"accessToken","refreshToken","expiresAt","role"}`.
enum FlatTokens: StoredShape {
    static func read(_ json: JSONValue, now: Date) throws(UnreadableTokens) -> ReadTokens? {
        guard json["accessToken"]?.string != nil || json["refreshToken"]?.string != nil else { return nil }
        let expiry = try TokenField.expiry(json["expiresAt"], "expiresAt")
        let slots = TokenSlots(
            access: .init(value: json["accessToken"], name: "accessToken"),
            refresh: .init(value: json["refreshToken"], name: "refreshToken"), expiresAt: expiry.date,
            role: try TokenField.role(json["role"], "role"))
        return try ReadTokens(
            slots, shape: json["grantType"] == nil ? "local storage tokens" : "Dart client tokens",
            expiryUnit: expiry.unit)
    }
}

/// A refresh token alone, as the cookie `wix_refreshToken` has it: `{"value","role"}`.
enum RefreshTokenAlone: StoredShape {
    static let name = "refresh token"

    static func read(_ json: JSONValue, now: Date) throws(UnreadableTokens) -> ReadTokens? {
        guard json["value"]?.string != nil, json["expiresAt"] == nil else { return nil }
        let slots = TokenSlots(
            refresh: .init(value: json["value"], name: "value"), role: try TokenField.role(json["role"], "role"),
            emptiness: "The refresh token is empty.")
        return try ReadTokens(slots, shape: name)
    }
}

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
