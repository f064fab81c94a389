/// Quotes what a person typed in a message, where it cannot be a token that was typed in the wrong place.
package enum Quotation {
    private static let longest = 40
    private static let tokenBeginnings = ["JWS.", "OauthNG.", "ey"]

    package static func of(_ text: String) -> String {
        let isSafe = text.count <= longest && !tokenBeginnings.contains { text.hasPrefix($0) }
        return isSafe ? "“\(text)”" : "“…”"
    }
}
