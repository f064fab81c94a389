import VisitorSessions

/// Makes untrusted text safe to show: on one line, short, without invisible characters or tokens.
enum SafeText {
    static let redaction = "‹redacted›"

    /// `text` on one line of at most `limit` characters, without control, bidirectional, zero-width and other invisible
    /// characters.
    static func shown(_ text: some StringProtocol, limit: Int = 200) -> String {
        shortened(oneLine(text), limit: limit)
    }

    /// Like ``shown(_:limit:)``, also without `secrets` and anything that looks like a token.
    static func shown(_ text: some StringProtocol, without secrets: [String], limit: Int = 200) -> String {
        var line = oneLine(text)
        for secret in secrets where !secret.isEmpty { line = replacing(secret, in: line) }
        return shortened(withoutTokens(line), limit: limit)
    }

    /// Shorter secrets are redacted only as whole words. A test value, for example, may be part of ordinary words.
    private static let shortest = 8

    private static func replacing(_ secret: String, in line: String) -> String {
        guard secret.utf8.count < shortest else { return line.replacing(secret, with: redaction) }
        func isLetter(_ character: Character?) -> Bool { character.map { $0.isLetter || $0.isNumber } ?? false }
        var line = line
        for range in line.ranges(of: secret).reversed()
        where !isLetter(line[..<range.lowerBound].last) && !isLetter(line[range.upperBound...].first) {
            line.replaceSubrange(range, with: redaction)
        }
        return line
    }

    /// The longest words in real messages are UUIDs of 36 characters.
    private static let longestWord = 40

    /// Replaces long runs of token characters.
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
        let text = String(text)
        // Visible ASCII, as in identifiers, is safe already.
        if text.withBytes({ $0.allSatisfy { $0 > 0x20 && $0 < 0x7F } }) {
            return text.utf8.count <= 16_384 ? text : String(decoding: text.utf8.prefix(16_384), as: UTF8.self)
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
        line.utf8.count > limit && line.count > limit ? line.prefix(limit - 1) + "…" : line
    }
}
