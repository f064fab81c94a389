import Foundation

/// Removes one layer that a tool put around text. A new one is added to ``TextDecoders``.
protocol TextDecoder: Sendable {
    /// The text inside. `nil`: this layer isn't there. Takes time in proportion to the text.
    static func decode(_ text: String) -> DecodedText?
}

struct DecodedText {
    var text: String

    /// What was done, for people. Writing tokens back reverses the steps in order. `nil`: nothing worth mentioning.
    var step: String?
}

/// Removes the layers around a text, in whatever order they come.
enum TextDecoders {
    /// Deeper nesting isn't found in practice.
    private static let layerLimit = 8

    private static let decoders: [any TextDecoder.Type] = [
        EscapedJSONDecoder.self, QuoteDecoder.self, SignedJSONDecoder.self, ExpressDecoder.self, PercentDecoder.self,
        EntityDecoder.self, CmdDecoder.self, ConsoleColorDecoder.self, Base64JSONDecoder.self,
    ]

    static func decode(_ text: String) -> (text: String, steps: [String]) {
        var text = trimmed(text)
        var steps: [String] = []
        for _ in 0..<layerLimit {
            guard let decoded = decoders.lazy.compactMap({ $0.decode(text) }).first else { break }
            text = trimmed(decoded.text)
            if let step = decoded.step, !steps.contains(step) { steps.append(step) }
        }
        return (text, steps)
    }

    /// `text` without white space, byte order marks, NULs and zero-width characters around it.
    static func trimmed(_ text: String) -> String {
        guard !text.isTight else { return text }
        let scalars = text.unicodeScalars
        guard let first = scalars.firstIndex(where: { !blanks.contains($0) }),
            let last = scalars.lastIndex(where: { !blanks.contains($0) })
        else { return "" }
        return String(scalars[first...last])
    }

    private static let blanks = CharacterSet.whitespacesAndNewlines
        .union(CharacterSet(charactersIn: "\u{FEFF}\u{200B}\u{200C}\u{2060}\0"))
}

/// Quotation marks around the whole, with the escapes of JSON, or of Python's cookies (`\054` is a comma).
enum QuoteDecoder: TextDecoder {
    static func decode(_ text: String) -> DecodedText? {
        guard text.utf8.count >= 2, let mark = text.utf8.first, mark == text.utf8.last,
            mark == UInt8(ascii: "\"") || mark == UInt8(ascii: "'") || mark == UInt8(ascii: "`")
        else { return nil }
        if mark == UInt8(ascii: "\""), case .string(let inner)? = try? JSONReader.read(text.utf8) {
            return DecodedText(text: inner)
        }
        let inner = text.utf8.dropFirst().dropLast()
        guard inner.contains(UInt8(ascii: "\\")) else { return DecodedText(text: String(Substring(inner))) }
        let (bytes, hasOctal) = unescaped(inner)
        return DecodedText(
            text: String(decoding: bytes, as: UTF8.self), step: hasOctal ? "Python's cookie quoting" : nil)
    }

    /// `\"`, `\\` and three octal digits (Python's `http.cookies`). Other escapes stay.
    private static func unescaped(_ text: Substring.UTF8View) -> (bytes: [UInt8], hasOctal: Bool) {
        var bytes: [UInt8] = []
        var hasOctal = false
        var rest = text
        while let byte = rest.popFirst() {
            guard byte == UInt8(ascii: "\\") else {
                bytes.append(byte)
                continue
            }
            let digits = rest.prefix(3)
            if digits.count == 3, digits.allSatisfy({ (0x30...0x37).contains($0) }),
                let value = UInt8(String(decoding: digits, as: UTF8.self), radix: 8)
            {
                bytes.append(value)
                rest = rest.dropFirst(3)
                hasOctal = true
            } else if let next = rest.first, "\"\\'`".utf8.contains(next) {
                bytes.append(next)
                rest = rest.dropFirst()
            } else {
                bytes.append(byte)
            }
        }
        return (bytes, hasOctal)
    }
}

/// JSON out of a string, without the quotation marks of the string: `{\"accessToken\":…`.
enum EscapedJSONDecoder: TextDecoder {
    static func decode(_ text: String) -> DecodedText? {
        guard text.utf8.starts(with: #"{\""#.utf8) || text.utf8.starts(with: #"[{\""#.utf8),
            case .string(let inner)? = try? JSONReader.read("\"\(text)\"".utf8)
        else { return nil }
        return DecodedText(text: inner, step: "unescaped")
    }
}

/// Percent-encoding, as in cookies, URLs and form bodies. A `+` in encoded JSON is a space.
enum PercentDecoder: TextDecoder {
    static func decode(_ text: String) -> DecodedText? {
        guard text.utf8.first != UInt8(ascii: "{"), text.utf8.contains(UInt8(ascii: "%")) else { return nil }
        // A name before it means that only a part is encoded; the readers of that part decode it.
        let isOneValue = text.utf8.allSatisfy { $0 > 0x20 && $0 != UInt8(ascii: "=") && $0 != UInt8(ascii: ";") }
        guard isOneValue else { return nil }
        let isForm = text.utf8.starts(with: "%7B".utf8) && text.utf8.contains(UInt8(ascii: "+"))
        let source = isForm ? text.replacing("+", with: " ") : text
        guard let decoded = source.removingPercentEncoding, decoded != text else { return nil }
        return DecodedText(text: decoded, step: "percent-encoded")
    }
}

/// HTML entities in text that was copied from a page's source.
enum EntityDecoder: TextDecoder {
    private static let entities = [("&quot;", "\""), ("&#34;", "\""), ("&#x27;", "'"), ("&#39;", "'"), ("&amp;", "&")]

    static func decode(_ text: String) -> DecodedText? {
        guard text.utf8.contains(UInt8(ascii: "&")), text.hasBytes("&quot;") || text.hasBytes("&#34;") else {
            return nil
        }
        return DecodedText(
            text: entities.reduce(text) { $0.replacing($1.0, with: $1.1) }, step: "HTML entities replaced")
    }
}

/// The quoting of Windows' `cmd`: a caret before every special character, and at the end of a line that continues.
enum CmdDecoder: TextDecoder {
    static func decode(_ text: String) -> DecodedText? {
        guard text.utf8.contains(UInt8(ascii: "^")), text.hasBytes("^\"") || text.hasBytes("^%") else { return nil }
        var bytes: [UInt8] = []
        var rest = text.utf8[...]
        while let byte = rest.popFirst() {
            guard byte == UInt8(ascii: "^") else {
                bytes.append(byte)
                continue
            }
            if rest.starts(with: "\r\n".utf8) { rest = rest.dropFirst() }
            guard let next = rest.popFirst() else { break }
            bytes.append(next == UInt8(ascii: "\n") ? UInt8(ascii: " ") : next)
        }
        return DecodedText(text: String(decoding: bytes, as: UTF8.self), step: "cmd quoting removed")
    }
}

/// The escape sequences of a terminal's colors (ECMA-48, SGR).
enum ConsoleColorDecoder: TextDecoder {
    static func decode(_ text: String) -> DecodedText? {
        guard text.utf8.contains(0x1B) else { return nil }
        var bytes: [UInt8] = []
        var rest = text.utf8[...]
        while let byte = rest.popFirst() {
            guard byte == 0x1B else {
                bytes.append(byte)
                continue
            }
            guard rest.first == UInt8(ascii: "[") else { continue }
            rest = rest.dropFirst().drop { (0x20...0x3F).contains($0) }.dropFirst()
        }
        return DecodedText(text: String(decoding: bytes, as: UTF8.self))
    }
}
