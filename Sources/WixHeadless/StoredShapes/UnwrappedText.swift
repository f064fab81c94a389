import Foundation

/// A text without what cookies, shells and editors wrap around it: a byte order mark, white space, quotes and
/// percent-encoding, in any order.
struct UnwrappedText {
    var content: String

    init(_ text: String) {
        content = text
        // Each layer may hide another one; nobody has more than these.
        for _ in 0..<4 {
            content = Self.trimmed(content)
            guard !content.hasPrefix("{"), let inner = Self.unquoted(content) ?? Self.decoded(content) else { break }
            content = inner
        }
        content = Self.trimmed(content)
    }

    static func trimmed(_ text: String) -> String {
        guard !isTight(text) else { return text }
        return text.trimmingCharacters(in: .whitespacesAndNewlines.union(CharacterSet(charactersIn: "\u{FEFF}\0")))
    }

    /// Whether `text` begins and ends with visible ASCII: nearly always, and a look tells, where trimming is costly.
    static func isTight(_ text: String) -> Bool {
        let visible = UInt8(ascii: "!")...UInt8(ascii: "~")
        guard let first = text.utf8.first, let last = text.utf8.last else { return true }
        return visible ~= first && visible ~= last
    }

    private static func unquoted(_ text: String) -> String? {
        guard text.utf8.count >= 2, let mark = text.first, mark == text.last, mark == "\"" || mark == "'" else {
            return nil
        }
        if mark == "\"", case .string(let inner)? = try? JSONReader.read(text.utf8) { return inner }
        return String(text.dropFirst().dropLast())
    }

    private static func decoded(_ text: String) -> String? {
        guard text.utf8.contains(UInt8(ascii: "%")), let decoded = text.removingPercentEncoding, decoded != text
        else { return nil }
        return decoded
    }
}
