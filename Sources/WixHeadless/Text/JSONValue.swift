/// A JSON value (RFC 8259) that keeps the order of members, and numbers as written.
package enum JSONValue: Hashable, Sendable {
    package struct Member: Hashable, Sendable {
        package var name: String
        package var value: JSONValue

        package init(name: String, value: JSONValue) {
            (self.name, self.value) = (name, value)
        }
    }

    case null
    case bool(Bool)
    /// As written.
    case number(String)
    case string(String)
    case array([JSONValue])
    case object([Member])

    /// The member with this name; if there are several, the last one, as in JavaScript's `JSON.parse`.
    package subscript(name: String) -> JSONValue? {
        guard case .object(let members) = self else { return nil }
        return members.last { $0.name == name }?.value
    }

    package var string: String? {
        guard case .string(let text) = self else { return nil }
        return text
    }

    package var array: [JSONValue]? {
        guard case .array(let values) = self else { return nil }
        return values
    }

    /// The members of an object.
    package var members: [Member]? {
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

    /// ``double`` without its fraction. `nil`: it doesn't fit.
    package var int: Int? { double.flatMap { Int(exactly: $0.rounded(.towardZero)) } }

    /// A finite number: a JSON number, or a string that holds one.
    package var double: Double? {
        let literal: String
        switch self {
        case .number(let text): literal = text
        case .string(let text) where JSONReader.isNumber(text): literal = text
        default: return nil
        }
        // Nearly all numbers are integers, which parse faster.
        if let whole = Int(literal) { return Double(whole) }
        return Double(literal).flatMap { $0.isFinite ? $0 : nil }
    }
}

extension JSONValue {
    /// The value as JSON on one line.
    package var text: String {
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

extension JSONValue: ExpressibleByStringLiteral, ExpressibleByBooleanLiteral, ExpressibleByIntegerLiteral,
    ExpressibleByArrayLiteral, ExpressibleByDictionaryLiteral
{
    package init(stringLiteral value: String) {
        self = .string(value)
    }

    package init(booleanLiteral value: Bool) {
        self = .bool(value)
    }

    package init(integerLiteral value: Int) {
        self = .number(String(value))
    }

    package init(arrayLiteral elements: JSONValue...) {
        self = .array(elements)
    }

    package init(dictionaryLiteral elements: (String, JSONValue)...) {
        self = .object(elements.map { Member(name: $0, value: $1) })
    }
}

extension JSONValue: Encodable {
    package func encode(to encoder: any Encoder) throws {
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
package struct JSONFault: Error, Hashable {
    /// A complete value is followed by more text.
    static let trailing = "unexpected text after the value"

    /// What is wrong, as the end of a sentence.
    var reason: String

    /// In bytes of UTF-8, from 0.
    var offset: Int
}
