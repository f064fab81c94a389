import Foundation

extension Secret {
    /// Whether this is a placeholder for a missing token: `undefined`, `null`, `[REDACTED]`, `***`, `<token>`,
    /// `{{token}}`, `$TOKEN`, `your-token-here`, or a token whose middle was cut out (`JWS.eyJ…abc`). Ignores case,
    /// quotes and percent-encoding.
    ///
    /// Real tokens are never mistaken for one, because they are long and random.
    public var isPlaceholder: Bool {
        Placeholder.matches(reveal())
    }
}

/// Detects texts that programs print for missing values, that redaction leaves behind, or that templates contain.
enum Placeholder {
    /// Longer texts are checked only for brackets at their ends and for masks.
    private static let longestPhrase = 256

    /// What programming languages print for missing values, and what tools print for hidden ones.
    private static let words: Set<String> = [
        "undefined", "null", "nil", "none", "nan", "infinity", "true", "false", "void", "n/a", "empty", "missing",
        "deleted", "removed", "redacted", "masked", "hidden", "filtered", "placeholder", "changeme", "todo", "tbd",
        "fixme", "token",
    ]

    /// Placeholders like `your-token-here` consist of these words and at least one of ``subjects``.
    private static let phraseWords: Set<String> = [
        "access", "actual", "add", "an", "bearer", "dummy", "enter", "example", "fake", "goes", "here", "insert", "it",
        "me", "my", "of", "oauth", "paste", "put", "real", "refresh", "replace", "sample", "some", "the", "this",
        "value",
        "visitor", "wix", "with", "your",
    ]
    private static let subjects: Set<String> = ["token", "tokens", "jwt", "secret", "key"]

    private static let brackets: [(String, String)] = [
        ("<", ">"), ("{", "}"), ("[", "]"), ("(", ")"), ("${", "}"), ("$(", ")"), ("#{", "}"), ("@{", "}"), ("`", "`"),
        ("__", "__"), ("‹", "›"), ("«", "»"), ("%", "%"),
    ]

    /// Prefixes of variables that hold tokens.
    private static let variables = ["$env:", "process.env.", "import.meta.env.", "env."]

    static func matches(_ text: String) -> Bool {
        if text.withBytes(hasMask) { return true }
        if text.withBytes(isRandom) { return false }
        if let first = text.utf8.first, !isTokenByte(first), isBracketed(text) { return true }
        guard text.utf8.count <= longestPhrase else { return false }
        var content = text
        // Tools percent-encode at most twice, with quotes in between.
        for _ in 0..<4 {
            content = content.trimmingCharacters(in: wrapping)
            if content.isEmpty { return !text.isEmpty }
            if isMissing(content) { return true }
            guard content.utf8.contains(UInt8(ascii: "%")), let decoded = content.removingPercentEncoding,
                decoded != content
            else { return false }
            content = decoded
        }
        return false
    }

    private static let wrapping = CharacterSet.whitespacesAndNewlines.union(
        CharacterSet(charactersIn: "\"'\\,;\u{FEFF}"))

    private static func isMissing(_ content: String) -> Bool {
        let bare = withoutTokenPrefix(content)
        let word = bare.lowercased()
        return words.contains(word) || isMask(bare) || bare.withBytes(hasMask) || isBracketed(bare) || isVariable(bare)
            || isPhrase(bare)
    }

    /// The text after a token's prefix: `JWS.xxx.xxx.xxx` is a placeholder just as `xxx` is.
    private static func withoutTokenPrefix(_ text: String) -> String {
        var rest = Substring(text)
        for prefix in ["OauthNG.", "JWS.", "eyJ"] where rest.hasPrefix(prefix) && rest.utf8.count > prefix.utf8.count {
            rest = rest.dropFirst(prefix.count)
        }
        return String(rest)
    }

    private static func isBracketed(_ text: String) -> Bool {
        brackets.contains { open, close in
            text.utf8.count >= open.utf8.count + close.utf8.count && text.hasPrefix(open) && text.hasSuffix(close)
        }
    }

    /// `$NAME` and `$name.field`, but not `$2b$…`.
    private static func isVariable(_ text: String) -> Bool {
        if variables.contains(where: { text.hasPrefix($0) }) { return true }
        let name = text.utf8.dropFirst()
        guard text.utf8.first == UInt8(ascii: "$"), let first = name.first, !isDigit(first) else { return false }
        return name.allSatisfy { isWordByte($0) || $0 == UInt8(ascii: ".") }
    }

    private static func isPhrase(_ text: String) -> Bool {
        guard !text.utf8.contains(where: isDigit) else { return false }
        var parts: [String] = []
        var last: Character?
        for character in text {
            if !character.isLetter {
                parts.append("")
            } else if character.isUppercase, last?.isLowercase ?? true {
                parts.append(String(character))
            } else {
                if parts.isEmpty { parts.append("") }
                parts[parts.count - 1].append(character)
            }
            last = character
        }
        let words = parts.map { $0.lowercased() }.filter { !$0.isEmpty }
        return words.contains(where: subjects.contains)
            && words.allSatisfy { subjects.contains($0) || phraseWords.contains($0) }
    }

    /// Whether the text is only a mask: `***`, `••••`, `xxx-xxx`.
    private static func isMask(_ text: String) -> Bool {
        var letters = 0
        for character in text {
            if "xXyYzZ".contains(character) {
                letters += 1
            } else if !"*.-_•●#…?=~+/ ".contains(character) {
                return false
            }
        }
        return letters == 0 || letters >= 3
    }

    /// Whether a part is masked or cut out, which shows as runs of characters that no token has.
    private static func hasMask(_ bytes: UnsafeBufferPointer<UInt8>) -> Bool {
        var run = 0
        var last: UInt8 = 0
        var (beforeLast, isMasked) = (0 as UInt8, false)
        for byte in bytes {
            // Ignores case.
            run = byte | 0x20 == last | 0x20 ? run + 1 : 1
            switch byte {
            case UInt8(ascii: "*"), UInt8(ascii: "."): isMasked = run >= 3
            case UInt8(ascii: "x"), UInt8(ascii: "X"): isMasked = run >= 8
            // The last byte of “…” (E2 80 A6) and of “•” (E2 80 A2).
            case 0xA6, 0xA2: isMasked = beforeLast == 0xE2 && last == 0x80
            default: break
            }
            if isMasked { return true }
            (beforeLast, last) = (last, byte)
        }
        return false
    }

    /// Whether the text has only token characters, among them a digit. No placeholder is like that.
    private static func isRandom(_ bytes: UnsafeBufferPointer<UInt8>) -> Bool {
        var hasDigit = false
        for byte in bytes {
            if isDigit(byte) {
                hasDigit = true
            } else if !isWordByte(byte), byte != UInt8(ascii: "-"), byte != UInt8(ascii: ".") {
                return false
            }
        }
        return hasDigit
    }

    private static func isDigit(_ byte: UInt8) -> Bool {
        (UInt8(ascii: "0")...UInt8(ascii: "9")).contains(byte)
    }

    private static func isWordByte(_ byte: UInt8) -> Bool {
        isDigit(byte) || (UInt8(ascii: "A")...UInt8(ascii: "Z")).contains(byte & 0xDF) || byte == UInt8(ascii: "_")
    }

    /// Whether tokens of known forms begin with `byte`; most texts need no closer look.
    private static func isTokenByte(_ byte: UInt8) -> Bool {
        isDigit(byte) || (UInt8(ascii: "A")...UInt8(ascii: "Z")).contains(byte & 0xDF)
    }
}
