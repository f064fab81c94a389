import Foundation

/// Lines that give names to values: `.env` files, shells' `export` and `set`, PowerShell's `$env:`, Docker's `-e` and
/// `ENV`, Bruno's environments, YAML and INI.
enum Assignments: TextParser {
    static let name = "text"

    /// Words that may precede a name.
    private static let keywords: Set<Substring> = [
        "export", "set", "setx", "declare", "-x", "-gx", "-Ux", "env", "ENV", "ARG", "-e", "--env", "const", "let",
        "var",
        "-", "$",
    ]

    static func fields(_ text: String) -> [Field]? {
        guard let start = text.utf8.first, !"{[(".utf8.contains(start) else { return nil }
        var fields: [Field] = []
        for (index, line) in TextLines(text).enumerated() {
            guard var field = assignment(line) else { continue }
            // Part of an object literal over several lines.
            if let last = field.value.string?.last, "{[(".contains(last) { return nil }
            field.line = index + 1
            fields.append(field)
        }
        // If no name has a known role, this is prose or a list of tokens.
        return fields.isEmpty || !fields.contains { FieldRole($0.name) != nil } ? nil : fields
    }

    private static func assignment(_ line: Substring) -> Field? {
        var rest = line.drop(while: \.isWhitespace)
        guard rest.utf8.first != UInt8(ascii: "#"), !rest.hasPrefix("//") else { return nil }
        // The longest keyword has seven characters.
        while let blank = rest.prefix(8).firstIndex(where: \.isWhitespace), keywords.contains(rest[..<blank]) {
            rest = rest[blank...].drop(while: \.isWhitespace)
        }
        if rest.prefix(5).lowercased() == "$env:" { rest = rest.dropFirst(5) }
        let name = rest.utf8.prefix { $0.isNameByte || $0 == UInt8(ascii: ".") }
        guard (1...128).contains(name.count) else { return nil }
        let tail = rest[name.endIndex...].drop(while: \.isWhitespace)
        guard let mark = tail.first else { return nil }
        let hasMark = mark == "=" || mark == ":"
        // fish and setx separate name and value with a blank; the name must then have a known role.
        guard hasMark || tail.startIndex != name.endIndex && FieldRole(String(Substring(name))) != nil else {
            return nil
        }
        var value = (hasMark ? tail.dropFirst() : tail).withoutBlanks
        if hasMark, value.hasPrefix(">") { value = value.dropFirst().withoutBlanks }
        while let last = value.utf8.last, last == UInt8(ascii: ";") || last == UInt8(ascii: ",") { value.removeLast() }
        return Field(name: String(Substring(name)), value: .string(unquoted(value)), kind: "variable")
    }

    /// The value as a shell reads it: without single quotes or, if it isn't quoted, without a comment.
    private static func unquoted(_ value: String) -> String {
        guard let mark = value.utf8.first, mark == UInt8(ascii: "\"") || mark == UInt8(ascii: "'") else {
            return value.components(separatedBy: " #").first?.withoutBlanks ?? value
        }
        // Handles `'\''`, which the `export` command writes.
        if mark == UInt8(ascii: "'") { return ShellWords.split(value).first ?? "" }
        return value
    }
}

/// The fields of a form body, or of a URL's query or fragment: `access_token=…&refresh_token=…`.
enum FormFields: TextParser {
    static let name = "form"

    static func fields(_ text: String) -> [Field]? {
        guard !text.utf8.contains(where: { $0 <= 0x20 || $0 == UInt8(ascii: ";") || $0 == UInt8(ascii: "\"") }) else {
            return nil
        }
        var query = text[...]
        if query.hasPrefix("http://") || query.hasPrefix("https://") {
            guard let start = query.firstIndex(where: { $0 == "?" || $0 == "#" }) else { return nil }
            query = query[start...].dropFirst()
        }
        let parts = query.split { $0 == "&" || $0 == "#" || $0 == "?" }
        guard parts.count > 1 || query.startIndex != text.startIndex else { return nil }
        let fields = parts.compactMap { part -> Field? in
            guard let equals = part.firstIndex(of: "=") else { return nil }
            let name = String(part[..<equals])
            return Field(
                name: name.removingPercentEncoding ?? name, value: .string(String(part[equals...].dropFirst())))
        }
        return fields.isEmpty ? nil : fields
    }
}
