import Foundation

/// The value of a `Cookie` or `Set-Cookie` header, with or without the header's name (RFC 6265, section 4.2).
enum CookieHeader: TextParser {
    static let name = "cookie header"

    /// Browsers send at most a hundredth of this.
    private static let sizeLimit = 1 << 20

    /// The attributes that a `Set-Cookie` header gives its cookie.
    private static let attributes: Set<String> = [
        "path", "domain", "expires", "max-age", "samesite", "priority", "comment", "version",
    ]

    static func fields(_ text: String) -> [Field]? {
        guard text.utf8.count <= sizeLimit, !text.hasLineBreak else { return nil }
        let colon = text.prefix(24).firstIndex(of: ":")
        let header = colon.map { text[..<$0].withoutBlanks.lowercased() }
        guard header == "cookie" || header == "set-cookie" else {
            var pairs = self.pairs(text[...])
            // A single token under its own name may just as well be a variable.
            if pairs.count == 1, let role = pairs[0].flatMap({ FieldRole($0.name) }),
                [.accessToken, .refreshToken].contains(role)
            {
                pairs[0]?.kind = ""
            }
            return pairs.isEmpty || pairs.contains { $0 == nil } ? nil : pairs.compactMap(\.self)
        }
        return cookies(text[(colon ?? text.startIndex)...].dropFirst(), areSet: header == "set-cookie")
    }

    /// - Parameter areSet: Whether the text is the value of a `Set-Cookie` header: one cookie and its attributes.
    static func cookies(_ value: some StringProtocol, areSet: Bool) -> [Field] {
        let fields = pairs(Substring(value)).compactMap(\.self)
        guard areSet else { return fields }
        return fields.filter { !attributes.contains($0.name.lowercased()) }
    }

    /// The header's parts, with `nil` for each part that isn't a cookie.
    private static func pairs(_ text: Substring) -> [Field?] {
        parts(text).compactMap { part in
            guard let equals = part.utf8.firstIndex(of: UInt8(ascii: "=")) else {
                return part.allSatisfy(\.isWhitespace) ? nil : .some(nil)
            }
            let name = part[..<equals].withoutBlanks
            let value = part[part.utf8.index(after: equals)...].withoutBlanks
            return .some(isName(name) ? Field(name: name, value: .string(value), kind: "cookie") : nil)
        }
    }

    /// Splits at semicolons outside of quotation marks. An unclosed quotation mark protects nothing.
    private static func parts(_ text: Substring) -> [Substring] {
        var parts: [Substring] = []
        var start = text.startIndex
        var (isQuoted, isEscaped, isAtValue) = (false, false, false)
        for index in text.utf8.indices {
            let byte = text.utf8[index]
            switch byte {
            case _ where isEscaped: isEscaped = false
            case UInt8(ascii: "\\") where isQuoted: isEscaped = true
            case UInt8(ascii: "\"") where isQuoted: isQuoted = false
            case UInt8(ascii: "\"") where isAtValue: isQuoted = true
            case UInt8(ascii: ";") where !isQuoted:
                parts.append(text[start..<index])
                start = text.utf8.index(after: index)
            default: break
            }
            isAtValue = byte == UInt8(ascii: "=")
        }
        guard !isQuoted else { return text.split(separator: ";") }
        return parts + [text[start...]]
    }

    /// A cookie's name is a token of HTTP (RFC 9110, section 5.6.2); JSON isn't.
    private static func isName(_ text: String) -> Bool {
        !text.isEmpty
            && text.utf8.allSatisfy { (0x21...0x7E).contains($0) && !"\"(),/:;<=>?@[\\]{}".utf8.contains($0) }
    }
}

/// Netscape's `cookies.txt`, as `curl`, `wget` and browser extensions write it: one cookie per line, in seven fields
/// separated by tabs, or by spaces if it was copied.
enum CookiesText: TextParser {
    static let name = "cookies.txt"

    /// How much of a text is searched for the header line or a cookie to recognize the format. A line may be long.
    private static let head = (lines: 64, bytes: 1 << 20)

    static func fields(_ text: String) -> [Field]? {
        let start = TextLines(String(decoding: text.utf8.prefix(head.bytes), as: UTF8.self))
        let lines = Array(start.lazy.filter { !$0.isEmpty }.prefix(head.lines))
        guard let first = lines.first,
            first.prefixMatch(of: /# (?:Netscape )?HTTP Cookie File/) != nil
                || lines.contains(where: { cookie($0) != nil })
        else { return nil }
        return TextLines(text).enumerated().compactMap { index, line in
            guard var cookie = cookie(line) else { return nil }
            cookie.line = index + 1
            return cookie
        }
    }

    /// `nil`: there is no cookie in the line.
    private static func cookie(_ line: Substring) -> Field? {
        var line = line
        if line.hasPrefix("#HttpOnly_") { line = line.dropFirst(10) }
        guard !line.hasPrefix("#") else { return nil }
        let flags: Set<Substring> = ["TRUE", "FALSE"]
        func isCookie(_ columns: [Substring]) -> Bool {
            columns.count == 7 && flags.contains(columns[1]) && flags.contains(columns[3])
        }
        var columns = line.split(separator: "\t", maxSplits: 6, omittingEmptySubsequences: false)
        if !isCookie(columns) {
            columns = line.split(maxSplits: 6) { $0 == " " || $0 == "\t" }
            guard isCookie(columns), Int(columns[4]) != nil else { return nil }
        }
        return Field(
            name: String(columns[5]), value: .string(String(columns[6])), kind: "cookie", group: String(columns[0]))
    }
}

/// Rows copied from the storage panels of developer tools: a name, a value and, for cookies, a domain, separated by
/// tabs.
enum StorageRows: TextParser {
    static let name = "table of storage items"

    static func fields(_ text: String) -> [Field]? {
        guard text.utf8.contains(UInt8(ascii: "\t")) else { return nil }
        var fields: [Field] = []
        for (index, line) in TextLines(text).enumerated() where !line.allSatisfy(\.isWhitespace) {
            let columns = line.split(separator: "\t", omittingEmptySubsequences: false).map(\.withoutBlanks)
            guard columns.count >= 2, !columns[0].isEmpty, !columns[0].contains(where: \.isWhitespace) else {
                return nil
            }
            // Columns: name, value, domain, path. A row of localStorage has only the first two.
            let isCookie = columns.count >= 4
            fields.append(
                Field(
                    name: columns[0], value: .string(columns[1]), kind: isCookie ? "cookie" : "item",
                    group: isCookie ? columns[2] : "", line: index + 1))
        }
        return fields.isEmpty ? nil : fields
    }
}
