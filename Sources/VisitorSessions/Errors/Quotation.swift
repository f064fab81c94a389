/// Keeps tokens that were typed in the wrong place out of what is said about it.
package enum Quotation {
    /// The longest word that people type on purpose.
    private static let longest = 40
    private static let tokenBeginnings = ["JWS.", "OauthNG.", "ey"]

    /// What was typed, in quotation marks.
    package static func of(_ text: String) -> String {
        "“\(isSafe(text) ? text : "…")”"
    }

    /// A message of somebody else's that may repeat what was typed, without the words that may be tokens.
    package static func withoutTokens(_ message: String) -> String {
        message.replacing(/[A-Za-z0-9_.~+\/=%\-]{12,}/) { word in
            isSafe(String(word.output)) ? String(word.output) : "…"
        }
    }

    private static func isSafe(_ text: String) -> Bool {
        text.count <= longest && !tokenBeginnings.contains { text.hasPrefix($0) }
    }
}
