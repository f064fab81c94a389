extension Unicode.Scalar {
    /// Whether a terminal may obey it, or show nothing or something else in its place: controls, separators of lines, what
    /// orders or formats other text, fillers, and code points without a meaning of their own.
    ///
    /// The categories and `Default_Ignorable_Code_Point` of Unicode tell (UAX #44). It is the one rule for untrusted text.
    package var isInvisible: Bool {
        if value < 0x7F { return value < 0x20 }
        switch properties.generalCategory {
        case .control, .format, .lineSeparator, .paragraphSeparator, .surrogate, .privateUse, .unassigned: return true
        default: return properties.isDefaultIgnorableCodePoint
        }
    }
}

/// Keeps tokens that were typed in the wrong place out of what is said about it.
package enum InputRedactor {
    /// The longest word that people type on purpose.
    private static let longest = 40

    /// What was typed, in quotation marks, with a mark in the place of what a terminal might obey or hide.
    package static func quoted(_ text: String) -> String {
        let shown = text.unicodeScalars.map { $0.isInvisible ? "\u{FFFD}" : String($0) }.joined()
        return "“\(isSafe(text) ? shown : "…")”"
    }

    /// A message of somebody else's that may repeat what was typed, without the words that may be tokens.
    package static func withoutTokens(_ message: String) -> String {
        message.replacing(words) { word in isSafe(String(word.output)) ? String(word.output) : "…" }
    }

    /// Whether a text holds a word that has the form of a token, or by its length might be one.
    package static func mayHoldToken(_ text: String) -> Bool {
        !possibleTokens(in: text).isEmpty
    }

    /// Those words.
    package static func possibleTokens(in text: String) -> [String] {
        text.matches(of: words).map { String($0.output) }.filter { !isSafe($0) }
    }

    /// Whether a text holds a word that has the form of a token.
    package static func holdsToken(_ text: String) -> Bool {
        text.matches(of: words).contains { looksLikeToken(String($0.output)) }
    }

    /// Runs of the characters that tokens are made of.
    private static var words: Regex<Substring> { /[A-Za-z0-9_.~+\/=%\-]{12,}/ }

    private static func isSafe(_ text: String) -> Bool {
        text.count <= longest && !looksLikeToken(text)
    }

    private static func looksLikeToken(_ text: String) -> Bool {
        // Wix's are also found behind a word that they were typed at the end of. No word has them by chance.
        text.contains("JWS.") || text.contains("OauthNG.") || text.hasPrefix("eyJ")
    }
}

extension String {
    /// The text as a whole sentence: with a full stop where it ends without a mark. What somebody else wrote, such as an
    /// issuer, may have none, and another sentence may follow.
    var asSentence: String {
        guard let last = lastIndex(where: { !$0.isWhitespace && !":;,".contains($0) }) else { return "" }
        let text = self[...last]
        // Quotes and brackets close behind the mark.
        guard let end = text.last(where: { !"\"'”’»)]".contains($0) }) else { return String(text) }
        return ".!?…".contains(end) ? String(text) : text + "."
    }
}
