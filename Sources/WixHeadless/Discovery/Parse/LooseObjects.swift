/// Objects in text as programming languages and consoles write them: JavaScript literals, `console.log` of Node and
/// browsers, Python dictionaries, PowerShell tables. String literals beside them are fields too.
enum LooseObjects: TextParser {
    static let name = "text"

    static func fields(_ text: String) -> [Field]? {
        guard text.utf8.contains(UInt8(ascii: "{")) else { return nil }
        var reader = LooseReader(text)
        var fields: [Field] = []
        var outside: [UInt8] = []
        while let byte = reader.current {
            let start = reader.offset
            if byte == UInt8(ascii: "{"), let value = reader.value(), !(value.members ?? []).isEmpty {
                fields.append(Field(name: identifier(outside), value: value))
            } else if reader.hasFailed || reader.offset == start {
                // An object that isn't closed: reading on from each of its braces would take quadratic time.
                if reader.hasFailed { break }
                outside.append(byte)
                reader.offset += 1
            }
        }
        guard !fields.isEmpty else { return nil }
        return fields + (QuotedStrings.fields(String(decoding: outside, as: UTF8.self)) ?? [])
    }

    /// The last word of the text before an object, which names it: `tokens` in `tokens {`.
    private static func identifier(_ text: [UInt8]) -> String {
        let word = text.suffix(160).reversed().drop { " \t=:@(".utf8.contains($0) }.prefix(while: \.isNameByte)
        return String(decoding: word.reversed(), as: UTF8.self)
    }
}

/// Reads an object literal leniently: names without quotation marks, any quotation marks, `=` and `=>` for colons, missing
/// commas, comments.
private struct LooseReader {
    private static let depthLimit = 32

    private let bytes: [UInt8]
    var offset = 0
    private var depth = 0

    /// Whether an object ended too early or was nested too deeply.
    private(set) var hasFailed = false

    init(_ text: String) {
        bytes = Array(text.utf8)
    }

    var current: UInt8? { offset < bytes.count ? bytes[offset] : nil }

    mutating func value() -> JSONValue? {
        skipSpace()
        switch current {
        case nil: return nil
        case UInt8(ascii: "{"): return object()
        case UInt8(ascii: "["), UInt8(ascii: "("): return list()
        case let mark? where Self.isQuote(mark): return string(mark).map { .string($0) }
        default: return word()
        }
    }

    private mutating func object() -> JSONValue? {
        guard enter() else { return nil }
        defer { depth -= 1 }
        var members: [JSONValue.Member] = []
        while let byte = separator() {
            if byte == UInt8(ascii: "}") {
                offset += 1
                return .object(members)
            }
            let start = offset
            let name = Self.isQuote(byte) ? string(byte) : name()
            guard !hasFailed else { return nil }
            skipSpace()
            if takeColon() {
                guard let value = value() else { return nil }
                members.append(.init(name: name ?? "", value: value))
            } else if offset == start {
                // Something that is neither a name nor a separator, such as “…”.
                offset += 1
            }
        }
        return fail()
    }

    private mutating func list() -> JSONValue? {
        guard enter() else { return nil }
        defer { depth -= 1 }
        var values: [JSONValue] = []
        while let byte = separator() {
            if byte == UInt8(ascii: "]") || byte == UInt8(ascii: ")") {
                offset += 1
                return .array(values)
            }
            let start = offset
            if let value = value() { values.append(value) }
            guard !hasFailed else { return nil }
            if offset == start { offset += 1 }
        }
        return fail()
    }

    private mutating func enter() -> Bool {
        guard depth < Self.depthLimit else {
            hasFailed = true
            return false
        }
        depth += 1
        offset += 1
        return true
    }

    private mutating func fail() -> JSONValue? {
        hasFailed = true
        return nil
    }

    /// Skips to the next name, value or closing bracket.
    private mutating func separator() -> UInt8? {
        while let byte = current, byte <= 0x20 || byte == UInt8(ascii: ",") || byte == UInt8(ascii: ";") { offset += 1 }
        return current
    }

    private mutating func takeColon() -> Bool {
        guard let byte = current, byte == UInt8(ascii: ":") || byte == UInt8(ascii: "=") else { return false }
        offset += 1
        if current == UInt8(ascii: ">") { offset += 1 }
        return true
    }

    private mutating func name() -> String {
        let start = offset
        while let byte = current, byte > 0x20, !":=,;{}[]()\"'`".utf8.contains(byte) { offset += 1 }
        return String(decoding: bytes[start..<offset], as: UTF8.self)
    }

    /// A number, a constant, or the name of a type before its content: `Object {…}`, `new Date('…')`.
    private mutating func word() -> JSONValue? {
        let start = offset
        while let byte = current, byte >= 0x20, !",;{}[]()\"'`".utf8.contains(byte) { offset += 1 }
        if let byte = current, "{[(\"'`".utf8.contains(byte), offset > start { return value() }
        let text = String(decoding: bytes[start..<offset], as: UTF8.self).withoutBlanks
        switch text {
        case "null", "None", "nil": return .null
        case "true", "True", "$true": return .bool(true)
        case "false", "False", "$false": return .bool(false)
        default: return JSONReader.isNumber(text) ? .number(text) : .string(text)
        }
    }

    /// A literal, and further ones that `+` appends.
    private mutating func string(_ mark: UInt8) -> String? {
        var content: [UInt8] = []
        var mark = mark
        while true {
            offset += 1
            guard appendLiteral(mark, to: &content) else {
                hasFailed = true
                return nil
            }
            let end = offset
            skipSpace()
            if current == UInt8(ascii: "+") {
                offset += 1
                skipSpace()
                if let next = current, Self.isQuote(next) {
                    mark = next
                    continue
                }
            }
            offset = end
            return String(decoding: content, as: UTF8.self)
        }
    }

    private mutating func appendLiteral(_ mark: UInt8, to content: inout [UInt8]) -> Bool {
        while let byte = current {
            offset += 1
            if byte == mark { return true }
            let isEscape = byte == UInt8(ascii: "\\") || byte == UInt8(ascii: "`") && current == mark
            guard isEscape, let next = current else {
                content.append(byte)
                continue
            }
            offset += 1
            switch next {
            case UInt8(ascii: "n"): content.append(0x0A)
            case UInt8(ascii: "r"): content.append(0x0D)
            case UInt8(ascii: "t"): content.append(0x09)
            case UInt8(ascii: "x"): appendScalar(digits: 2, to: &content)
            case UInt8(ascii: "u"): appendScalar(digits: 4, to: &content)
            default: content.append(next)
            }
        }
        return false
    }

    private mutating func appendScalar(digits: Int, to content: inout [UInt8]) {
        let text = String(decoding: bytes[offset...].prefix(digits), as: UTF8.self)
        guard let scalar = UInt32(text, radix: 16).flatMap(Unicode.Scalar.init) else { return }
        offset += digits
        content.append(contentsOf: Array(String(scalar).utf8))
    }

    private mutating func skipSpace() {
        while let byte = current, byte <= 0x20 { offset += 1 }
    }

    private static func isQuote(_ byte: UInt8) -> Bool {
        byte == UInt8(ascii: "\"") || byte == UInt8(ascii: "'") || byte == UInt8(ascii: "`")
    }
}
