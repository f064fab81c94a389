import Foundation

/// A curl command or configuration, as copied from a browser's network panel or from this program. Tokens are in
/// headers, cookies and the body.
enum CurlCommand: TextParser {
    static let name = "curl command"

    static func fields(_ text: String) -> [Field]? {
        let words = text.prefix(8)
        guard ["curl ", "curl\t", "curl.exe", "header ="].contains(where: words.hasPrefix) else { return nil }
        return arguments(ShellWords.split(text))
    }

    static func arguments(_ words: [String]) -> [Field] {
        zip(words, words.dropFirst()).flatMap { option, value -> [Field] in
            switch option {
            // `header = …` is a line of a configuration on standard input (`curl -K -`).
            case "-H", "--header", "=": HTTPMessage.field(value).map { [$0] } ?? []
            case "-b", "--cookie": CookieHeader.cookies(value, areSet: false)
            case "-d", "--data", "--data-raw", "--data-binary", "--data-ascii", "--data-urlencode", "--json":
                [Field(name: "body", value: .string(value))]
            default: []
            }
        }
    }
}

/// The words of a command, split as a shell does: quotation marks protect blanks, and a backslash the character after it.
enum ShellWords {
    /// Takes time and memory in proportion to `text`, however long a word is.
    static func split(_ text: String) -> [String] {
        var words: [String] = []
        var word: [UInt8]?
        var quote: UInt8?
        var isEscaped = false
        // `$'…'` has the escapes of C.
        var isANSI = false
        func append(_ byte: UInt8) {
            if word == nil { word = [] }
            word?.append(byte)
        }
        for byte in text.utf8 {
            switch byte {
            case _ where isEscaped:
                isEscaped = false
                if quote == singleQuote {
                    append(escapes[byte] ?? byte)
                } else if byte != newline, byte != carriageReturn {
                    append(byte)
                }
            case backslash where quote != singleQuote || isANSI: isEscaped = true
            case _ where byte == quote: (quote, isANSI) = (nil, false)
            case singleQuote where quote == nil, doubleQuote where quote == nil:
                quote = byte
                if byte == singleQuote, word == [UInt8(ascii: "$")] { (word, isANSI) = ([], true) }
                word = word ?? []
            case _ where quote == nil && blanks.contains(byte):
                if let whole = word { words.append(String(decoding: whole, as: UTF8.self)) }
                word = nil
            default: append(byte)
            }
        }
        if let whole = word { words.append(String(decoding: whole, as: UTF8.self)) }
        return words
    }

    private static let newline = UInt8(ascii: "\n")
    private static let carriageReturn = UInt8(ascii: "\r")
    private static let backslash = UInt8(ascii: "\\")
    private static let singleQuote = UInt8(ascii: "'")
    private static let doubleQuote = UInt8(ascii: "\"")
    private static let blanks: [UInt8] = [0x20, 0x09, 0x0A, 0x0B, 0x0C, 0x0D]
    private static let escapes: [UInt8: UInt8] = [
        UInt8(ascii: "n"): 0x0A, UInt8(ascii: "r"): 0x0D, UInt8(ascii: "t"): 0x09,
    ]
}

/// Source text with string literals, such as a request copied as `fetch` or as PowerShell's `Invoke-WebRequest`, or a
/// code snippet. A literal before `:`, `=`, `=>` or `,` names the one after it.
enum QuotedStrings: TextParser {
    static let name = "text"

    static func fields(_ text: String) -> [Field]? {
        var fields: [Field] = []
        var name = ""
        var rest = text.utf8[...]
        // An unclosed mark isn't searched for again, which would take quadratic time.
        var marks = Array("\"'`".utf8)
        while let start = rest.firstIndex(where: marks.contains) {
            let between = rest[..<start]
            let mark = rest[start]
            rest = rest[start...].dropFirst()
            guard let (content, end) = literal(rest, mark) else {
                marks.removeAll { $0 == mark }
                continue
            }
            rest = rest[end...].dropFirst()
            let isNamed = between.allSatisfy { ":=>, \t\r\n".utf8.contains($0) }
            fields.append(Field(name: isNamed ? name : identifier(between), value: .string(content)))
            name = content.utf8.count <= 128 ? content : ""
        }
        return fields.contains { !($0.value.string ?? "").isEmpty } ? fields : nil
    }

    /// The literal's content, and the index of its closing mark. A backslash, or a backtick in PowerShell, escapes the
    /// mark.
    private static func literal(
        _ text: Substring.UTF8View, _ mark: UInt8
    ) -> (content: String, end: Substring.UTF8View.Index)? {
        var bytes: [UInt8] = []
        var index = text.startIndex
        while index < text.endIndex {
            let byte = text[index]
            let next = text.index(after: index)
            if byte == mark { return (String(decoding: bytes, as: UTF8.self), index) }
            let isEscape = byte == UInt8(ascii: "\\") || (byte == UInt8(ascii: "`") && mark == UInt8(ascii: "\""))
            if isEscape, next < text.endIndex, text[next] == mark || text[next] == byte {
                bytes.append(text[next])
                index = text.index(after: next)
            } else {
                bytes.append(byte)
                index = next
            }
        }
        return nil
    }

    /// The name at the end of the text before a literal: `accessToken` in `const accessToken = "…"`.
    private static func identifier(_ text: Substring.UTF8View) -> String {
        let marks = text.suffix(160)
        guard let last = marks.lastIndex(where: { !": \t=>(@{".utf8.contains($0) }) else { return "" }
        let name = marks[...last].reversed().prefix { $0.isNameByte }
        return String(decoding: name.reversed(), as: UTF8.self)
    }
}
