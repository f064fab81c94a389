/// A JSON value (RFC 8259) that keeps the order of members, and numbers as written.
enum JSONValue: Hashable, Sendable {
    struct Member: Hashable, Sendable {
        var name: String
        var value: JSONValue
    }

    case null
    case bool(Bool)
    /// As written.
    case number(String)
    case string(String)
    case array([JSONValue])
    case object([Member])

    /// The member with this name; if there are several, the last one, as in JavaScript's `JSON.parse`.
    subscript(name: String) -> JSONValue? {
        guard case .object(let members) = self else { return nil }
        return members.last { $0.name == name }?.value
    }

    var string: String? {
        guard case .string(let text) = self else { return nil }
        return text
    }

    var array: [JSONValue]? {
        guard case .array(let values) = self else { return nil }
        return values
    }

    /// The members of an object.
    var members: [Member]? {
        guard case .object(let members) = self else { return nil }
        return members
    }

    var isNull: Bool {
        self == .null
    }

    var isObject: Bool {
        guard case .object = self else { return false }
        return true
    }

    /// A finite number: a JSON number, or a string that holds one.
    var double: Double? {
        let literal: String
        switch self {
        case .number(let text): literal = text
        case .string(let text) where JSONReader.isNumber(text): literal = text
        default: return nil
        }
        return Double(literal).flatMap { $0.isFinite ? $0 : nil }
    }
}

extension JSONValue {
    /// The value as JSON on one line.
    var text: String {
        switch self {
        case .null: "null"
        case .bool(let value): value ? "true" : "false"
        case .number(let literal): literal
        case .string(let text): Self.quoted(text)
        case .array(let values): "[" + values.map(\.text).joined(separator: ",") + "]"
        case .object(let members):
            "{" + members.map { Self.quoted($0.name) + ":" + $0.value.text }.joined(separator: ",") + "}"
        }
    }

    private static func quoted(_ text: String) -> String {
        var result = "\""
        for scalar in text.unicodeScalars {
            switch scalar {
            case "\"": result += "\\\""
            case "\\": result += "\\\\"
            case "\n": result += "\\n"
            case "\r": result += "\\r"
            case "\t": result += "\\t"
            case _ where scalar.value < 0x20:
                let digits = String(scalar.value, radix: 16)
                result += "\\u" + String(repeating: "0", count: 4 - digits.count) + digits
            default: result.unicodeScalars.append(scalar)
            }
        }
        return result + "\""
    }
}

extension JSONValue: Encodable {
    func encode(to encoder: any Encoder) throws {
        switch self {
        case .null:
            var single = encoder.singleValueContainer()
            try single.encodeNil()
        case .bool(let value): try value.encode(to: encoder)
        case .string(let text): try text.encode(to: encoder)
        case .number(let text):
            if let whole = Int(text) { try whole.encode(to: encoder) } else { try Double(text).encode(to: encoder) }
        case .array(let values): try values.encode(to: encoder)
        case .object(let members):
            try Dictionary(members.map { ($0.name, $0.value) }) { first, _ in first }.encode(to: encoder)
        }
    }
}

/// Why text isn't JSON, and where. Never contains the text, which may be part of a token.
struct JSONFault: Error, Hashable {
    /// A complete value is followed by more text.
    static let trailing = "something follows the value"

    /// What is wrong, as the end of a sentence.
    var reason: String

    /// In bytes of UTF-8, from 0.
    var offset: Int
}
