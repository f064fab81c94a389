extension Unicode.Scalar {
    /// Whether a terminal may obey, hide or replace this character: controls, line separators, formatting characters,
    /// fillers and unassigned code points.
    ///
    /// Based on Unicode's categories and `Default_Ignorable_Code_Point` (UAX #44). This is the only rule for untrusted
    /// text.
    package var isInvisible: Bool {
        if value < 0x7F { return value < 0x20 }
        switch properties.generalCategory {
        case .control, .format, .lineSeparator, .paragraphSeparator, .surrogate, .privateUse, .unassigned: return true
        default: return properties.isDefaultIgnorableCodePoint
        }
    }
}

/// Keeps tokens that were typed in the wrong place out of messages.
package enum InputRedactor {
    /// The longest word that people type on purpose.
    private static let longest = 40

    /// Quotes what was typed, replacing invisible characters, or “…” if it may be a token.
    package static func quoted(_ text: String) -> String {
        "“\(isSafe(text) ? visible(text) : "…")”"
    }

    /// Quotes a path, with possible tokens replaced by “…”.
    package static func quotedPath(_ path: String) -> String {
        "“\(visible(pathWithoutTokens(path)))”"
    }

    private static func visible(_ text: String) -> String {
        text.unicodeScalars.map { $0.isInvisible ? "\u{FFFD}" : String($0) }.joined()
    }

    /// Removes possible tokens from a message that may repeat what was typed.
    package static func withoutTokens(_ message: String) -> String {
        message.replacing(words) { word in isSafe(String(word.output)) ? String(word.output) : "…" }
    }

    /// Removes possible tokens from a path. A whole path isn't a token, even if it is as long as one.
    package static func pathWithoutTokens(_ path: String) -> String {
        path.split(separator: "/", omittingEmptySubsequences: false).map { withoutTokens(String($0)) }
            .joined(separator: "/")
    }

    /// Whether a word looks like a token or is as long as one.
    package static func mayContainToken(_ text: String) -> Bool {
        !possibleTokens(in: text).isEmpty
    }

    /// The words that look like a token or are as long as one.
    package static func possibleTokens(in text: String) -> [String] {
        text.matches(of: words).map { String($0.output) }.filter { !isSafe($0) }
    }

    /// Whether a word looks like a token.
    package static func containsToken(_ text: String) -> Bool {
        text.matches(of: words).contains { looksLikeToken(String($0.output)) }
    }

    /// Runs of characters that occur in tokens.
    private static var words: Regex<Substring> { /[A-Za-z0-9_.~+\/=%\-]{12,}/ }

    private static func isSafe(_ text: String) -> Bool {
        text.count <= longest && !looksLikeToken(text)
    }

    private static func looksLikeToken(_ text: String) -> Bool {
        // `contains` also finds Wix tokens that are appended to a word.
        text.contains("JWS.") || text.contains("OauthNG.") || text.hasPrefix("eyJ")
    }
}

extension String {
    /// The text with a full stop unless it ends with punctuation. Messages from issuers often lack one.
    var asSentence: String {
        guard let last = lastIndex(where: { !$0.isWhitespace && !":;,".contains($0) }) else { return "" }
        let text = self[...last]
        // Punctuation may precede closing quotes and brackets.
        guard let end = text.last(where: { !"\"'”’»)]".contains($0) }) else { return String(text) }
        return ".!?…".contains(end) ? String(text) : text + "."
    }
}
