import Foundation
import VisitorSessions

/// The message about input without tokens: what the input is, its closest match, and what to copy instead.
enum Nearest {
    /// What to copy from a browser.
    private static let advice =
        "In a browser's DevTools, copy the value of the wix-session cookie (Application > Cookies), or copy a request as cURL (Network)."

    private static let namingAdvice = "Write accessToken= or refreshToken= in front of it."

    /// - Parameter fault: Why the text can't be read as JSON, if it looks like JSON.
    static func sentence(for text: String, _ fault: UnreadableTokens? = nil) -> UnreadableTokens {
        if isAbbreviated(text) {
            return UnreadableTokens(
                "The console abbreviated this object. Run copy(JSON.stringify(…)) there, and paste the result.")
        }
        if !text.utf8.contains(where: { "\":=;".utf8.contains($0) }), Secret(text).isPlaceholder {
            return UnreadableTokens("This is a placeholder, not a token.")
        }
        if let fault { return fault }
        let parts = text.utf8.split(separator: UInt8(ascii: "."), omittingEmptySubsequences: false).count
        if !text.hasLineBreak {
            if text.hasPrefix("Fe26.2*") || (parts == 5 && text.hasPrefix("eyJ")) {
                return UnreadableTokens("This is an encrypted cookie: only the server can read it.", advice: advice)
            }
            if text.hasPrefix("http://") || text.hasPrefix("https://") {
                return UnreadableTokens("This URL contains no tokens.", advice: advice)
            }
            if text.utf8.allSatisfy({ $0 > 0x20 && $0 < 0x7F && !"=;:".utf8.contains($0) }) {
                return UnreadableTokens(
                    "It isn't clear whether this is an access token or a refresh token.", advice: namingAdvice)
            }
        }
        if text.utf8.first == UInt8(ascii: "<") {
            return UnreadableTokens("This page source contains no tokens.", advice: advice)
        }
        if let (name, fields) = TextParsers.parse(text) {
            if let placeholder = placeholder(in: fields) { return placeholder }
            let names = fields.map(\.shownName).filter { !$0.isEmpty }
            return UnreadableTokens("This \(name) contains no tokens\(list(names)).", advice: advice)
        }
        return UnreadableTokens("This text contains no tokens.", advice: advice)
    }

    /// Whether a console left out the content of objects.
    static func isAbbreviated(_ text: String) -> Bool {
        text.hasBytes("{…}") || text.hasBytes("[Object]")
    }

    static func sentence(for json: JSONValue, hints: [FoundTokens.Problem]) -> UnreadableTokens {
        if let hint = hints.last { return UnreadableTokens(hint.description) }
        let fields = (json.members ?? []).map { Field(name: $0.name, value: $0.value) }
        if let placeholder = placeholder(in: fields) { return placeholder }
        let names = fields.map(\.shownName)
        return UnreadableTokens("This JSON contains no tokens\(list(names)).", advice: advice)
    }

    /// The first field that should hold a token and holds a placeholder.
    private static func placeholder(in fields: [Field]) -> UnreadableTokens? {
        fields.first { field in
            let role = FieldRole(field.name)
            guard field.isExpected || [.accessToken, .refreshToken, .authorization].contains(role),
                let text = field.value.string
            else { return false }
            let token = role == .authorization ? text.split(separator: " ").last.map(String.init) ?? text : text
            return Secret(token).isPlaceholder
        }.map { UnreadableTokens(TokenText.placeholder($0.shownName)) }
    }

    private static func list(_ names: [String]) -> String {
        guard !names.isEmpty else { return "" }
        return " (fields found: \(names.prefix(4).joined(separator: ", "))\(names.count > 4 ? ", …" : ""))"
    }
}

/// Says where JSON breaks off.
enum BrokenJSON {
    static func sentence(_ fault: JSONFault, in content: String) -> UnreadableTokens {
        UnreadableTokens("This JSON can't be read: \(fault.reason) (\(place(fault.offset, in: content))).")
    }

    /// Line and column, from 1. Of a single line, the column.
    private static func place(_ offset: Int, in text: String) -> String {
        let before = text.utf8.prefix(offset)
        let newline = UInt8(ascii: "\n")
        let lastLine = before.suffix(from: before.lastIndex(of: newline).map(before.index(after:)) ?? before.startIndex)
        let column = String(decoding: lastLine, as: UTF8.self).count + 1
        let isLine = !text.utf8.dropLast().contains(newline)
        return isLine ? "column \(column)" : "line \(before.count { $0 == newline } + 1), column \(column)"
    }
}
