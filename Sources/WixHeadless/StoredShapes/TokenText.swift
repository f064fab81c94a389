import Foundation
import VisitorSessions

/// A text that can be a token, and what it says it is. The only way from a text that was found to a token.
struct TokenText: Hashable {
    /// What a token's own beginning says it is, wherever it stands.
    enum Form: Hashable {
        /// `OauthNG.JWS.…`
        case access
        /// `JWS.…`
        case refresh
        /// Any other: the place where it stands decides.
        case other

        init(_ text: String) {
            self = text.hasPrefix("OauthNG.JWS.") ? .access : text.hasPrefix("JWS.") ? .refresh : .other
        }
    }

    let value: Secret
    let form: Form

    /// Throws where `text` is no token: a placeholder, or what no header field could carry.
    ///
    /// - Parameter name: What the sentence calls the text.
    init(_ text: String, _ name: String) throws(UnreadableTokens) {
        let secret = Secret(text)
        guard !secret.isPlaceholder else { throw UnreadableTokens(Self.placeholder(name)) }
        // Visible ASCII (RFC 6749, appendix A).
        guard text.utf8.allSatisfy({ (0x21...0x7E).contains($0) }) else {
            throw UnreadableTokens("\(name) has characters in it that no token has.")
        }
        guard text.utf8.count <= DecodedToken.sizeLimit else {
            throw UnreadableTokens("\(name) is longer than any token.")
        }
        form = Form(text)
        try Self.checkParts(of: text, form, name)
        value = secret
    }

    static func placeholder(_ name: String) -> String {
        "\(name) is a placeholder, not a token."
    }

    /// A text that begins as a signed token of Wix has three more parts (RFC 7515, section 3.1). With fewer it was cut short;
    /// with more another one follows.
    private static func checkParts(of text: String, _ form: Form, _ name: String) throws(UnreadableTokens) {
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
            switch form {
            case .access: ("a Wix access token", 5)
            case .refresh: ("a Wix refresh token", 4)
            case .other: ("", parts)
            }
        guard parts <= count else {
            throw UnreadableTokens("\(name) is several tokens without anything between them.")
        }
        guard kind.isEmpty || (parts == count && !hasEmptyPart) else {
            throw UnreadableTokens("\(name) begins as \(kind), and is cut short: its end is missing.")
        }
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
