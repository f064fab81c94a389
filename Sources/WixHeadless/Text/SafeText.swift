import VisitorSessions

/// Makes text that somebody else wrote fit to be shown: in one line, short, and without what hides or moves
/// other text.
enum SafeText {
    static let redaction = "‹redacted›"

    /// `text` in one line of at most `limit` characters, without control, bidirectional, zero-width and other
    /// invisible characters.
    static func shown(_ text: some StringProtocol, limit: Int = 200) -> String {
        shortened(oneLine(text), limit: limit)
    }

    /// As ``shown(_:limit:)``, and without `secrets` and without anything that looks like a token.
    static func shown(_ text: some StringProtocol, without secrets: [String], limit: Int = 200) -> String {
        var line = oneLine(text)
        for secret in secrets where !secret.isEmpty {
            line = line.replacing(secret, with: redaction)
        }
        return shortened(withoutTokens(line), limit: limit)
    }

    /// The longest words that messages really have are UUIDs, of 36 characters.
    private static let longestWord = 40

    /// Puts a mark in the place of each longer run of the characters that tokens are made of.
    private static func withoutTokens(_ line: String) -> String {
        var shown = String.UnicodeScalarView()
        var run = String.UnicodeScalarView()
        func close() {
            shown.append(contentsOf: run.count > longestWord ? redaction.unicodeScalars : run)
            run.removeAll()
        }
        for scalar in line.unicodeScalars {
            if isOfToken(scalar) {
                run.append(scalar)
            } else {
                close()
                shown.append(scalar)
            }
        }
        close()
        return String(shown)
    }

    private static func isOfToken(_ scalar: Unicode.Scalar) -> Bool {
        switch scalar {
        case "A"..."Z", "a"..."z", "0"..."9", "_", "-", ".", "+", "=", "~", "%": true
        default: false
        }
    }

    private static func oneLine(_ text: some StringProtocol) -> String {
        // A word of visible ASCII, as identifiers are, is one already.
        if text.utf8.allSatisfy({ (0x21...0x7E).contains($0) }) {
            return String(decoding: text.utf8.prefix(16_384), as: UTF8.self)
        }
        var line = ""
        for scalar in text.unicodeScalars.prefix(16_384) {
            switch scalar.properties.generalCategory {
            case .control, .lineSeparator, .paragraphSeparator: line += " "
            default: if !scalar.isInvisible { line.unicodeScalars.append(scalar) }
            }
        }
        return line.split(separator: " ").joined(separator: " ")
    }

    private static func shortened(_ line: String, limit: Int) -> String {
        line.count > limit ? line.prefix(limit - 1) + "…" : line
    }
}
