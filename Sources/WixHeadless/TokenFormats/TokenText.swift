import Foundation
package import VisitorSessions

/// Text that can be a token, and its form. Found text becomes a token only through this type.
struct TokenText: Hashable {
    /// What a token's prefix says it is, wherever it was found.
    enum Form: Hashable {
        /// `OauthNG.JWS.…`
        case access
        /// `JWS.…`
        case refresh
        /// Anything else: where it was found decides.
        case other

        init(_ text: String) {
            self = text.hasPrefix("OauthNG.JWS.") ? .access : text.hasPrefix("JWS.") ? .refresh : .other
        }
    }

    let value: Secret
    let form: Form

    /// Throws if `text` isn't a token: a placeholder, or text that no header can carry.
    ///
    /// - Parameter name: What to call the text in the message.
    init(_ text: String, _ name: String) throws(UnreadableTokens) {
        guard !Secret(text).isPlaceholder else { throw UnreadableTokens(Self.placeholder(name)) }
        try self.init(real: text, name)
    }

    /// - Parameter text: Not a placeholder.
    init(real text: String, _ name: String) throws(UnreadableTokens) {
        // Visible ASCII (RFC 6749, appendix A).
        guard text.withBytes({ $0.allSatisfy { $0 > 0x20 && $0 < 0x7F } }) else {
            throw UnreadableTokens("\(name) contains characters that aren't allowed in a token.")
        }
        guard text.utf8.count <= DecodedToken.sizeLimit else {
            throw UnreadableTokens("\(name) is too long to be a token.")
        }
        form = Form(text)
        try Self.checkParts(of: text, form, name)
        value = Secret(text)
    }

    /// The name of a token that is the whole text.
    static let unnamed = "The token"

    static func placeholder(_ name: String) -> String {
        name == unnamed ? "This is a placeholder, not a token." : "\(name) holds a placeholder instead of a token."
    }

    /// After its prefix, a Wix token has three parts (RFC 7515, section 3.1). With fewer, it was cut off; with more,
    /// another token follows.
    private static func checkParts(of text: String, _ form: Form, _ name: String) throws(UnreadableTokens) {
        let (parts, hasEmptyPart) = text.withBytes { bytes in
            let dot = UInt8(ascii: ".")
            var (parts, hasEmptyPart, last) = (1, false, dot)
            for byte in bytes {
                if byte == dot {
                    parts += 1
                    hasEmptyPart = hasEmptyPart || last == dot
                }
                last = byte
            }
            return (parts, hasEmptyPart || last == dot)
        }
        let (kind, count) =
            switch form {
            case .access: ("a Wix access token", 5)
            case .refresh: ("a Wix refresh token", 4)
            case .other: ("", parts)
            }
        guard parts <= count else {
            throw UnreadableTokens("\(name) contains several tokens with nothing between them.")
        }
        guard kind.isEmpty || (parts == count && !hasEmptyPart) else {
            throw UnreadableTokens("\(name) starts like \(kind) but is cut short.")
        }
    }
}

extension Secret {
    /// Whether its prefix is that of a Wix refresh token.
    package var startsLikeRefreshToken: Bool { TokenText.Form(reveal()) == .refresh }
}

/// Why no tokens could be read.
public struct UnreadableTokens: Error, Hashable, Sendable, CustomStringConvertible {
    /// What is wrong and where, in one sentence. Never repeats the text, which may contain tokens.
    public var sentence: String

    /// What to copy instead, if it isn't obvious.
    public var advice: String?

    public var description: String { advice.map { "\(sentence) \($0)" } ?? sentence }

    public init(_ sentence: String, advice: String? = nil) {
        self.sentence = sentence
        self.advice = advice
    }
}
