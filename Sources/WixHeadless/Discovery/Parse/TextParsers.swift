import Foundation

/// A value under a name: a cookie, a header, a variable, a storage item, a member of a JSON object, or a line.
struct Field {
    var name: String
    var value: JSONValue

    /// What fields of this kind are called, such as `cookie`. Empty: the name says enough.
    var kind = ""

    /// Distinguishes fields with the same name, such as the domain of a cookie.
    var group = ""

    /// What was done to get the value.
    var steps: [String] = []

    /// The field's line number, from 1, if that helps to find it.
    var line: Int?
}

/// Parses text of one kind. Add new parsers to ``TextParsers``.
protocol TextParser: Sendable {
    /// What to call text of this kind.
    static var name: String { get }

    /// The fields of `text`, which belong together. `nil`: the text is of another kind. Must take linear time.
    static func fields(_ text: String) -> [Field]?
}

/// The readers of text that is neither JSON nor a token.
enum TextParsers {
    /// In the order in which they are tried: the strictest formats come first.
    static let all: [any TextParser.Type] = [
        CurlCommand.self, CookiesText.self, StorageRows.self, HTTPMessage.self, FormFields.self, CookieHeader.self,
        Assignments.self, LooseObjects.self, QuotedStrings.self,
    ]

    static func parse(_ text: String) -> (name: String, fields: [Field])? {
        for parser in all {
            if let fields = parser.fields(text) { return (parser.name, fields) }
        }
        return nil
    }
}

/// Splits a text into lines by its bytes, one line at a time, so that they aren't all in memory.
///
/// A line ends with LF, CR LF or CR.
struct TextLines: Sequence, IteratorProtocol {
    private var rest: Substring.UTF8View
    private var isAtEnd = false

    init(_ text: some StringProtocol) {
        rest = Substring(text).utf8
    }

    mutating func next() -> Substring? {
        guard !isAtEnd else { return nil }
        let line = rest.prefix { $0 != UInt8(ascii: "\n") && $0 != UInt8(ascii: "\r") }
        rest = rest[line.endIndex...]
        isAtEnd = rest.isEmpty
        let isCarriageReturn = rest.popFirst() == UInt8(ascii: "\r")
        if isCarriageReturn, rest.first == UInt8(ascii: "\n") { rest.removeFirst() }
        return Substring(line)
    }
}
