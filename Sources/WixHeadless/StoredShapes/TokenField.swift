import Foundation
import VisitorSessions

/// Reads the fields that the shapes share, and names the field that is wrong.
enum TokenField {
    /// A token. `nil` where it is missing, null or empty.
    static func token(_ value: JSONValue?, _ name: String) throws(UnreadableTokens) -> Secret? {
        switch value {
        case nil, .null?: return nil
        case .string(let text)?:
            let text = UnwrappedText.isTight(text) ? text : text.trimmingCharacters(in: .whitespacesAndNewlines)
            return text.isEmpty ? nil : try checked(text, name)
        default: throw UnreadableTokens("\(name) is not a text.")
        }
    }

    /// A token that is there: visible ASCII (RFC 6749, appendix A; a line break would end up in a header).
    static func checked(_ text: String, _ name: String) throws(UnreadableTokens) -> Secret {
        guard text.utf8.allSatisfy({ (0x21...0x7E).contains($0) }) else {
            throw UnreadableTokens("\(name) has characters in it that no token has.")
        }
        guard text.utf8.count <= DecodedToken.sizeLimit else {
            throw UnreadableTokens("\(name) is longer than any token.")
        }
        try checkParts(of: text, name)
        return Secret(text)
    }

    /// Whoever writes that a token is a signed one of Wix gives it three parts more (RFC 7515, section 3.1). With fewer it
    /// was cut short on its way here; with more another one follows.
    private static func checkParts(of text: String, _ name: String) throws(UnreadableTokens) {
        let dot = UInt8(ascii: ".")
        var (parts, hasEmptyPart, last) = (1, false, dot)
        for byte in text.utf8 {
            if byte == dot {
                parts += 1
                hasEmptyPart = hasEmptyPart || last == dot
            }
            last = byte
        }
        hasEmptyPart = hasEmptyPart || last == dot
        let (kind, count) =
            text.hasPrefix("OauthNG.JWS.")
            ? ("a Wix access token", 5) : text.hasPrefix("JWS.") ? ("a Wix refresh token", 4) : ("", parts)
        guard parts <= count else {
            throw UnreadableTokens("\(name) is several tokens without anything between them.")
        }
        guard kind.isEmpty || (parts == count && !hasEmptyPart) else {
            throw UnreadableTokens("\(name) begins as \(kind), and is cut short: its end is missing.")
        }
    }

    /// An expiry. Missing, null, empty and 0 mean that it is not known.
    static func expiry(_ value: JSONValue?, _ name: String) throws(UnreadableTokens) -> (date: Date?, unit: ExpiryUnit)
    {
        switch value {
        case nil, .null?, .string("")?: return (nil, .none)
        case let value?:
            if value.double == 0 { return (nil, .none) }
            guard let time = ExpiryUnit.read(value) else {
                throw UnreadableTokens("\(name) is no time: neither seconds, milliseconds nor ISO 8601.")
            }
            return (time.date, time.unit)
        }
    }

    /// A role. `nil` where it is missing, and where it is the one of the empty pair: then the tokens tell.
    static func role(_ value: JSONValue?, _ name: String) throws(UnreadableTokens) -> TokenRole? {
        switch value {
        case nil, .null?, .string("")?: return nil
        case .string(let text)?:
            guard let role = TokenRole(rawValue: text.lowercased()) else { break }
            return role == TokenRole.none ? nil : role
        default: break
        }
        throw UnreadableTokens("\(name) is neither visitor, member nor none.")
    }

    /// The pair of two halves, of which one at least must be there.
    static func tokens(
        access: Secret?, expiresAt: Date?, refresh: Secret?, role: TokenRole?, emptiness: String
    ) throws(UnreadableTokens) -> Tokens {
        guard access != nil || refresh != nil else { throw UnreadableTokens(emptiness) }
        let accessToken = access.map { AccessToken.reading($0, expiresAt: expiresAt) }
        return Tokens(
            accessToken: accessToken,
            refreshToken: refresh.map { RefreshToken.reading($0, role: role, issuedWith: accessToken) })
    }
}
