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
        // Nearly always there is nothing to take away, and of a million lines that is worth a look.
        let visible = UInt8(ascii: "!")...UInt8(ascii: "~")
        if let first = text.utf8.first, let last = text.utf8.last, visible ~= first, visible ~= last { return text }
        return text.trimmingCharacters(in: .whitespacesAndNewlines.union(CharacterSet(charactersIn: "\u{FEFF}\0")))
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
