import VisitorSessions

/// Makes untrusted text harmless for a terminal: labels, claims, server messages, pasted text.
///
/// Nothing that moves a cursor, starts an escape sequence, hides, reverses or piles up text passes. What is taken
/// out of the middle of a text leaves a visible mark, so that a trick shows as one.
public enum TextSanitizer {
    /// What stands for something that was taken out.
    public static let mark: Character = "�"

    /// Marks on one letter that are kept; more are a trick, or noise.
    private static let maximumMarks = 4

    /// `text` as one line of harmless characters. Tabs and line breaks become blanks.
    public static func line(_ text: String) -> String {
        if text.utf8.allSatisfy({ (0x20..<0x7F).contains($0) }) { return text }
        var line = String.UnicodeScalarView()
        for character in text {
            if character.isWhitespace { line.append(" ") } else { append(character, to: &line) }
        }
        return String(line)
    }

    /// Appends what is harmless of a character, and one mark for all that is not.
    private static func append(_ character: Character, to line: inout String.UnicodeScalarView) {
        var count = 0
        var isHarmed = false
        for scalar in character.unicodeScalars {
            if isOmitted(scalar) { continue }
            if !DisplayWidth.drawn.contains(scalar.value), scalar.isInvisible {
                isHarmed = true
                continue
            }
            // A mark with nothing below it gets a blank to stand on.
            if count == 0, DisplayWidth.of(scalar) == 0 { line.append(" ") }
            if count <= maximumMarks { line.append(scalar) }
            count += 1
        }
        if isHarmed { line.append(contentsOf: mark.unicodeScalars) }
    }

    /// Invisible, and harmless only while it is left out: joiners, variation selectors, skin tones, soft hyphens.
    private static func isOmitted(_ scalar: Unicode.Scalar) -> Bool {
        switch scalar.value {
        case 0xAD, 0x34F, 0x180B...0x180F, 0x200B...0x200D, 0x2060...0x2065, 0xFE00...0xFE0F, 0xFEFF,
            0x1F3FB...0x1F3FF, 0xE0100...0xE01EF:
            true
        default: false
        }
    }
}
