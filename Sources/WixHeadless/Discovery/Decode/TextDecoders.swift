import Foundation
import VisitorSessions

/// Removes one layer that a tool put around text. Add new decoders to ``TextDecoders``.
protocol TextDecoder: Sendable {
    /// Returns the text inside, or `nil` if this layer isn't there. Must take linear time.
    static func decode(_ text: String) -> DecodedText?
}

struct DecodedText {
    var text: String

    /// What was done, for display. `nil`: nothing worth mentioning.
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

/// Quotation marks around the whole text, with JSON's escapes or those of Python's cookies (`\054` is a comma).
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

    /// Decodes escaped quotation marks, `\\` and three octal digits (Python's `http.cookies`). Keeps other escapes.
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

/// JSON copied from a string literal without the literal's quotation marks: `{\"accessToken\":…`.
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
        // After a name, only the value is encoded, and the reader of that value decodes it.
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

/// Repairs text that a terminal, an editor or a mail program broke into lines: joins lines where a token continues, and
/// drops prompts or line numbers that begin every line.
enum LineWraps {
    /// Shorter lines never count as wrapped.
    private static let narrowest = 20

    /// The ways to repair the text, the most certain first.
    struct Repairs {
        /// The repair if a token's length shows where it continues, or if all lines have the same kind of prefix.
        /// `nil`: neither.
        var certain: DecodedText?

        /// Also joins every line of the maximum length to the next one.
        var possible: DecodedText?
    }

    static func repairs(_ text: String) -> Repairs {
        guard text.hasLineBreak else { return Repairs() }
        var lines = TextLines(text).map { String($0) }
        var steps: [String] = []
        if let undecorated = undecorated(lines) {
            lines = undecorated
            steps.append("prompts or line numbers dropped")
        }
        func repaired(byWidth: Bool) -> DecodedText? {
            let joined = joined(lines, byWidth: byWidth)
            let steps = steps + (joined.count < lines.count ? ["wrapped lines joined"] : [])
            guard !steps.isEmpty else { return nil }
            return DecodedText(text: joined.joined(separator: "\n"), step: steps.joined(separator: ", "))
        }
        return Repairs(certain: repaired(byWidth: false), possible: repaired(byWidth: true))
    }

    /// The lines without the prompt or line number that each one begins with. `nil`: they don't all have one.
    private static func undecorated(_ lines: [String]) -> [String]? {
        let filled = lines.filter { $0.contains { !$0.isWhitespace } }
        guard filled.count >= 2 else { return nil }
        for prompt in ["> ", ">", "$ ", "| ", "│ ", "+", "- "] where filled.allSatisfy({ $0.hasPrefix(prompt) }) {
            return lines.map { String($0.dropFirst(prompt.count)) }
        }
        // Numbers that count up by one.
        var last: Int?
        var bodies: [String] = []
        for line in filled {
            let head = line.drop(while: \.isWhitespace)
            let digits = head.prefix { $0.isASCII && $0.isNumber }
            let tail = head.dropFirst(digits.count)
            guard (1...7).contains(digits.count), let number = Int(digits), last.map({ number == $0 + 1 }) ?? true,
                let mark = tail.first, " \t:|│".contains(mark)
            else { return nil }
            last = number
            let rest = tail.drop { " \t".contains($0) }
            bodies.append(
                String(rest.first.map { ":|│".contains($0) } ?? false ? rest.dropFirst().drop { $0 == " " } : rest))
        }
        return bodies
    }

    private static func joined(_ lines: [String], byWidth: Bool) -> [String] {
        let width = byWidth ? lines.map(\.utf8.count).max() ?? 0 : .max
        var joined: [String] = []
        var index = 0
        while index < lines.count {
            var whole = trimmedEnd(lines[index])
            var token = OpenToken(atEndOf: whole)
            var count = 1
            while index + count < lines.count,
                continues(lines[index + count - 1], token, with: lines[index + count], width)
            {
                let next = trimmedEnd(lines[index + count])
                whole += next
                token = token?.appending(next) ?? OpenToken(atEndOf: next)
                count += 1
            }
            // A signature of the wrong length shows that the following lines weren't part of it.
            if count > 1, token?.missing ?? 0 != 0 { count = 1 }
            joined.append(count > 1 ? whole : lines[index])
            index += count
        }
        return joined
    }

    /// Whether the token or text at the end of `last` continues in `next`.
    private static func continues(_ last: String, _ token: OpenToken?, with next: String, _ width: Int) -> Bool {
        let start = next.utf8.first ?? 0x20
        guard start > 0x20, !next.hasPrefix("OauthNG."), !next.hasPrefix("JWS."), start != UInt8(ascii: "{") else {
            return false
        }
        if let missing = token?.missing, missing > 0 { return start.isTokenByte }
        return last.utf8.count == width && width >= narrowest && !last.contains { " \t".contains($0) }
    }

    /// The line without trailing blanks and without a trailing backslash, which continues a line.
    private static func trimmedEnd(_ line: String) -> String {
        var line = line.utf8[...]
        while let last = line.last, last <= 0x20 { line.removeLast() }
        if line.last == UInt8(ascii: "\\") { line.removeLast() }
        return String(Substring(line))
    }
}

/// A token in Wix's form at the end of a line. Its header names the algorithm, which determines the signature's length.
private struct OpenToken {
    /// The length of a signature in base64url digits, by algorithm (RFC 7518, section 3.1).
    private static let digits = ["HS256": 43, "HS384": 64, "HS512": 86, "RS256": 342, "ES256": 86]

    private var header: [UInt8] = []
    private var dots = 0

    /// The length of the last part so far.
    private var length = 0

    /// Whether other characters follow the token.
    private var isClosed = false

    /// `nil`: the line ends with something else.
    init?(atEndOf line: String) {
        let tail = line.utf8.reversed().prefix(65_536).prefix(while: \.isTokenByte)
        let run = Substring(line.utf8[tail.endIndex.base...])
        guard run.hasBytes("JWS."), let marker = run.range(of: "JWS.", options: .backwards) else { return nil }
        append(run[marker.upperBound...].utf8)
        if isClosed { return nil }
    }

    func appending(_ line: String) -> OpenToken? {
        var token = self
        token.append(line.utf8[...])
        return token
    }

    private mutating func append(_ text: Substring.UTF8View) {
        for byte in text {
            guard byte.isTokenByte else {
                isClosed = true
                return
            }
            if byte == UInt8(ascii: ".") {
                (dots, length) = (dots + 1, 0)
            } else {
                length += 1
                if dots == 0, header.count < 4096 { header.append(byte) }
            }
        }
    }

    /// The minimum number of characters that the token still lacks; negative if it has too many. `nil`: unknown.
    var missing: Int? {
        guard dots < 2 else {
            guard dots == 2, let bytes = Data(base64URL: Substring(decoding: header, as: UTF8.self)),
                let json = try? JSONReader.read(bytes), let count = json["alg"]?.string.flatMap({ Self.digits[$0] })
            else { return nil }
            return count - length
        }
        return isClosed ? nil : 1
    }
}
