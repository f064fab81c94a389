public import Foundation
import VisitorSessions

/// The shapes in which real applications keep tokens (Wix documentation and templates).
public enum StoredShapes {
    /// The largest text that is read, in bytes of UTF-8.
    public static let sizeLimit = 4 << 20

    /// In the order in which they are tried: each passes on what is not its own.
    private static let shapes: [any StoredShape.Type] = [
        ClientTokens.self, SDKTokens.self, EndpointTokens.self, FlatTokens.self, RefreshTokenAlone.self,
    ]

    /// The tokens in `text`, which may be percent-encoded, quoted, and surrounded by white space.
    ///
    /// - Parameter now: The local clock: dates what has only a lifetime.
    public static func read(_ text: String, now: Date) throws(UnreadableTokens) -> ReadTokens {
        try requireSize(of: text)
        let content = UnwrappedText(text).content
        guard !content.isEmpty else { throw UnreadableTokens("There is nothing here.") }
        guard content.hasPrefix("{") || content.hasPrefix("[") else { return try BareToken.read(content) }

        let document: (value: JSONValue, repetition: JSONFault?)
        do {
            document = try JSONReader.document(content.utf8)
        } catch {
            throw unreadable(error, in: content)
        }
        return try read(document.value, document.repetition, of: content, now: now)
    }

    /// The tokens in a JSON text that has been read.
    static func read(
        _ json: JSONValue, _ repetition: JSONFault?, of content: String, now: Date
    ) throws(UnreadableTokens) -> ReadTokens {
        try requireSize(of: content)
        if let repetition { throw unreadable(repetition, in: content) }
        return try read(json, now: now)
    }

    /// The tokens in a JSON value.
    static func read(_ json: JSONValue, now: Date) throws(UnreadableTokens) -> ReadTokens {
        for shape in shapes {
            if let tokens = try shape.read(json, now: now) { return tokens }
        }
        throw UnreadableTokens("This is JSON, but in no known shape: it has neither accessToken nor refreshToken.")
    }

    private static func requireSize(of text: String) throws(UnreadableTokens) {
        guard text.utf8.count <= sizeLimit else {
            throw UnreadableTokens("This is larger than \(sizeLimit >> 20) MiB, which no tokens are.")
        }
    }

    static func unreadable(_ fault: JSONFault, in content: String) -> UnreadableTokens {
        UnreadableTokens("This JSON cannot be read: \(fault.reason) (\(place(fault.offset, in: content))).")
    }

    /// Line and column, from 1, of what the reader was given.
    private static func place(_ offset: Int, in text: String) -> String {
        let before = text.utf8.prefix(offset)
        let newline = UInt8(ascii: "\n")
        let lastLine = before.suffix(from: before.lastIndex(of: newline).map(before.index(after:)) ?? before.startIndex)
        let column = String(decoding: lastLine, as: UTF8.self).count + 1
        return "line \(before.count { $0 == newline } + 1), column \(column)"
    }
}

/// One JSON shape in which applications keep tokens. A new one is added to ``StoredShapes``.
protocol StoredShape: Sendable {
    /// Reads `json`, a JSON object. Returns `nil` where it is in another shape, and throws where it is in this
    /// one and something is wrong with it.
    ///
    /// - Parameter now: The local clock: dates what has only a lifetime.
    static func read(_ json: JSONValue, now: Date) throws(UnreadableTokens) -> ReadTokens?
}

/// Reads the fields beside the tokens that the shapes share, and names the field that is wrong.
enum TokenField {
    /// An expiry. Missing, null, empty and 0 mean that it is not known.
    static func expiry(_ value: JSONValue?, _ name: String) throws(UnreadableTokens) -> (date: Date?, unit: ExpiryUnit)
    {
        switch value {
        case nil, .null?, .string("")?: return (nil, .none)
        case let value?:
            if value.double == 0 { return (nil, .none) }
            guard let time = ExpiryUnit.read(value) else {
                throw UnreadableTokens("\(name) is no time: neither seconds, milliseconds nor ISO 8601.")
            }
            return (time.date, time.unit)
        }
    }

    /// A role. `nil` where it is missing, and where it is the one of the empty pair: then the tokens tell.
    static func role(_ value: JSONValue?, _ name: String) throws(UnreadableTokens) -> TokenRole? {
        switch value {
        case nil, .null?, .string("")?: return nil
        case .string(let text)?:
            guard let role = TokenRole(rawValue: text.lowercased()) else { break }
            return role == TokenRole.none ? nil : role
        default: break
        }
        throw UnreadableTokens("\(name) is neither visitor, member nor none.")
    }
}

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
