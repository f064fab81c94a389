import Foundation
import VisitorSessions

/// Makes untrusted text harmless for a terminal: labels, claims, server messages, pasted text.
///
/// Removes what moves the cursor, starts an escape sequence, or hides, reverses or stacks text. Each removal leaves a
/// visible mark, so that tampering is noticed.
package enum TextSanitizer {
    /// Marks a character from which something was removed.
    package static let mark: Character = "�"

    /// How many combining marks a letter keeps. No written language needs more.
    private static let maximumMarks = 4

    /// `text` as one line of harmless characters. Tabs and line breaks become spaces.
    package static func line(_ text: String) -> String {
        if text.utf8.allSatisfy({ (0x20..<0x7F).contains($0) }) { return text }
        var line = String.UnicodeScalarView()
        for character in text {
            if character.isWhitespace { line.append(" ") } else { append(character, to: &line) }
        }
        return String(line)
    }

    private static func append(_ character: Character, to line: inout String.UnicodeScalarView) {
        var count = 0
        var isMarked = false
        for scalar in character.unicodeScalars {
            if isOmitted(scalar) { continue }
            if !DisplayWidth.boxDrawing.contains(scalar.value), scalar.isInvisible {
                isMarked = true
                continue
            }
            // A combining mark needs a base character.
            if count == 0, DisplayWidth.of(scalar) == 0 { line.append(" ") }
            if count <= maximumMarks { line.append(scalar) }
            count += 1
        }
        if isMarked { line.append(contentsOf: mark.unicodeScalars) }
    }

    /// Whether the scalar is dropped without a mark: joiners, variation selectors, skin tones, soft hyphens. They are
    /// common in legitimate text, but terminals disagree on their width.
    private static func isOmitted(_ scalar: Unicode.Scalar) -> Bool {
        switch scalar.value {
        case 0xAD, 0x34F, 0x180B...0x180F, 0x200B...0x200D, 0x2060...0x2065, 0xFE00...0xFE0F, 0xFEFF,
            0x1F3FB...0x1F3FF, 0xE0100...0xE01EF:
            true
        default: false
        }
    }
}

/// Writes messages to the user on standard error; results go to standard output. Never pass a token.
package enum StandardError {
    /// Writes text unchanged. Failures are ignored: there is no other place to report them.
    package static func write(_ text: String) {
        try? FileHandle.standardError.write(contentsOf: Data(text.utf8))
    }

    /// Writes a sanitized line that begins with the program's name.
    package static func say(_ line: String) {
        write("session-inspector: \(TextSanitizer.line(line))\n")
    }

    /// Shows a sanitized line on a terminal. The next call overwrites it.
    package static func show(_ line: String) {
        write("\r\u{1B}[K" + TextSanitizer.line(line))
    }
}
