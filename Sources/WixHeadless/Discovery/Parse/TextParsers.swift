import Foundation

/// A value under a name: a cookie, a header, a variable, a storage item, a member of a JSON object, or a line.
struct Field {
    var name: String
    var value: JSONValue

    /// What fields of this kind are called, such as `cookie`. Empty: the name says enough.
    var kind = ""

    /// What separates namesakes, such as the domain of a cookie.
    var group = ""

    /// What was done to get the value.
    var steps: [String] = []

    /// Where the field is, from 1, if that helps to find it.
    var line: Int?
}

/// Takes text of one kind apart. A new one is added to ``TextParsers``.
protocol TextParser: Sendable {
    /// What the text is called.
    static var name: String { get }

    /// The fields of `text`, which belong together. `nil`: it is text of another kind. Takes time in proportion to the text.
    static func fields(_ text: String) -> [Field]?
}

/// The readers of text that is neither JSON nor a token.
enum TextParsers {
    /// In the order in which they are tried: the more a format demands, the earlier.
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

/// The lines of a text, one at a time, found by bytes: without memory for all of them.
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
