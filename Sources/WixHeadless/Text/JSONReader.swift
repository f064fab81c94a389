/// Parses untrusted JSON (RFC 8259) in one pass, with limited depth, without ever trapping.
package struct JSONReader {
    /// The maximum depth. Nothing that holds tokens comes near it.
    static let depthLimit = 64

    /// The maximum number of values kept at once; each takes about fifty times its size in the text.
    static let valueLimit = 1_000_000

    private static let digits = UInt8(ascii: "0")...UInt8(ascii: "9")

    private let bytes: [UInt8]
    private var offset = 0
    private var depth = 0

    /// Whether values are only skipped.
    private var isSkipping = false

    private var kept = 0

    /// The offsets of lists that are read separately, by path.
    private var lists: [String: Int] = [:]
    private let leftOut: Set<String>

    private init(_ bytes: [UInt8], leavingOut leftOut: Set<String> = []) {
        self.bytes = bytes
        self.leftOut = leftOut
    }

    /// Parses the only value in `bytes`. Duplicate members of an object are all kept.
    package static func read(_ bytes: some Sequence<UInt8>) throws(JSONFault) -> JSONValue {
        var reader = JSONReader(Array(bytes))
        return try reader.document()
    }

    /// Whether `bytes` are one valid object, found without keeping its values.
    static func holdsObject(_ bytes: [UInt8]) -> Bool {
        var reader = JSONReader(bytes)
        reader.isSkipping = true
        guard case .object? = try? reader.document() else { return false }
        return true
    }

    /// A document whose long lists are read one element at a time, so that memory stays proportional to its text.
    struct Outline {
        /// The document, with those lists empty.
        let value: JSONValue
        fileprivate let reader: JSONReader

        /// Whether there is such a list at `path`: the names leading to it, separated by dots.
        func has(_ path: String) -> Bool {
            reader.lists[path] != nil
        }

        /// The elements of the list at `path`, none if there is no such list.
        func elements(_ path: String) -> Elements {
            Elements(reader, at: reader.lists[path] ?? reader.bytes.count)
        }
    }

    /// The elements of a list, parsed on demand.
    struct Elements: Sequence, IteratorProtocol {
        /// An element, or why it can't be kept.
        struct Element {
            var value: JSONValue
            var fault: JSONFault?
        }

        private var reader: JSONReader
        private var isFirst = true

        fileprivate init(_ reader: JSONReader, at offset: Int) {
            self.reader = reader
            // Skips the opening bracket.
            self.reader.offset = offset + 1
        }

        mutating func next() -> Element? {
            guard reader.offset < reader.bytes.count, isFirst ? !reader.take("]") : reader.take(",") else { return nil }
            isFirst = false
            reader.skipSpace()
            reader.kept = 0
            let start = reader
            do {
                return Element(value: try reader.value())
            } catch {
                // The text is valid, so the element must have too many values. Skips it.
                reader = start
                reader.isSkipping = true
                defer { reader.isSkipping = false }
                do { _ = try reader.value() } catch { return nil }
                return Element(value: .null, fault: error)
            }
        }
    }

    /// Parses `bytes` except for the lists at the paths `lists`; an empty path is the whole document.
    static func outline(
        _ bytes: some Sequence<UInt8>, leavingOut lists: Set<String>
    ) throws(JSONFault) -> Outline {
        var reader = JSONReader(Array(bytes), leavingOut: lists)
        let value = try reader.document()
        return Outline(value: value, reader: reader)
    }

    private mutating func document() throws(JSONFault) -> JSONValue {
        skipSpace()
        let value = try value(at: leftOut.isEmpty ? nil : "")
        skipSpace()
        guard offset == bytes.count else { throw fault(JSONFault.trailing) }
        return value
    }

    /// Whether `text` is a JSON number and nothing else.
    static func isNumber(_ text: String) -> Bool {
        guard case .number? = try? read(text.utf8) else { return false }
        return true
    }

    /// - Parameter path: The names above the value, separated by dots. `nil`: no list below it is read separately.
    private mutating func value(at path: String? = nil) throws(JSONFault) -> JSONValue {
        if !isSkipping {
            kept += 1
            guard kept <= Self.valueLimit else {
                throw fault("it has more than \(Self.valueLimit) values")
            }
        }
        switch current {
        case UInt8(ascii: "{"): return .object(try object(at: path))
        case UInt8(ascii: "["):
            guard let path, leftOut.contains(path), !isSkipping else { return .array(try array()) }
            lists[path] = offset
            isSkipping = true
            defer { isSkipping = false }
            return .array(try array())
        case UInt8(ascii: "\""): return .string(try string())
        case UInt8(ascii: "t"): return try word("true", .bool(true))
        case UInt8(ascii: "f"): return try word("false", .bool(false))
        case UInt8(ascii: "n"): return try word("null", .null)
        case nil: throw fault("unexpected end")
        case let byte?:
            guard byte == UInt8(ascii: "-") || Self.digits.contains(byte) else { throw fault("expected a value") }
            return .number(try number())
        }
    }

    private mutating func object(at path: String?) throws(JSONFault) -> [JSONValue.Member] {
        try descend()
        defer { depth -= 1 }
        var members: [JSONValue.Member] = []
        if take("}") { return members }
        repeat {
            skipSpace()
            guard current == UInt8(ascii: "\"") else { throw fault("expected a property name") }
            let name = try string()
            guard take(":") else { throw fault("a colon is missing") }
            skipSpace()
            let isContainer = current == UInt8(ascii: "{") || current == UInt8(ascii: "[")
            let value = try value(at: isContainer ? path.flatMap { below($0, name) } : nil)
            guard !isSkipping else { continue }
            members.append(JSONValue.Member(name: name, value: value))
        } while take(",")
        guard take("}") else { throw fault("unclosed object") }
        return members
    }

    /// The path of the member `name` below `path`, if a separate list may be there.
    private func below(_ path: String, _ name: String) -> String? {
        let path = path.isEmpty ? name : path + "." + name
        return leftOut.contains { $0.hasPrefix(path) } ? path : nil
    }

    private mutating func array() throws(JSONFault) -> [JSONValue] {
        try descend()
        defer { depth -= 1 }
        var values: [JSONValue] = []
        if take("]") { return values }
        repeat {
            skipSpace()
            let value = try value()
            if !isSkipping { values.append(value) }
        } while take(",")
        guard take("]") else { throw fault("unclosed array") }
        return values
    }

    private mutating func descend() throws(JSONFault) {
        guard depth < Self.depthLimit else { throw fault("it is nested too deeply") }
        depth += 1
        offset += 1
    }

    private mutating func string() throws(JSONFault) -> String {
        offset += 1
        // Most strings have no escapes and are copied whole.
        let plain = bytes[offset...].prefix { $0 != UInt8(ascii: "\"") && $0 != UInt8(ascii: "\\") && $0 >= 0x20 }
        offset = plain.endIndex
        if current == UInt8(ascii: "\"") {
            offset += 1
            return isSkipping ? "" : String(decoding: plain, as: UTF8.self)
        }
        var content = isSkipping ? [] : Array(plain)
        while let byte = current {
            offset += 1
            switch byte {
            case UInt8(ascii: "\""): return String(decoding: content, as: UTF8.self)
            case UInt8(ascii: "\\"):
                let scalar = try escapedScalar()
                if isSkipping { continue }
                if scalar.isASCII {
                    content.append(UInt8(truncatingIfNeeded: scalar.value))
                } else {
                    content.append(contentsOf: String(scalar).utf8)
                }
            case 0..<0x20: throw fault("a string contains a control character")
            default: if !isSkipping { content.append(byte) }
            }
        }
        throw fault("unclosed string")
    }

    private mutating func escapedScalar() throws(JSONFault) -> Unicode.Scalar {
        guard let byte = current else { throw fault("unclosed string") }
        offset += 1
        switch byte {
        case UInt8(ascii: "\""), UInt8(ascii: "\\"), UInt8(ascii: "/"): return Unicode.Scalar(byte)
        case UInt8(ascii: "b"): return "\u{8}"
        case UInt8(ascii: "f"): return "\u{C}"
        case UInt8(ascii: "n"): return "\n"
        case UInt8(ascii: "r"): return "\r"
        case UInt8(ascii: "t"): return "\t"
        case UInt8(ascii: "u"): return try numberedScalar()
        default: throw fault("unknown escape sequence")
        }
    }

    /// Reads the digits of a `\u` escape. Half a surrogate pair becomes U+FFFD.
    private mutating func numberedScalar() throws(JSONFault) -> Unicode.Scalar {
        let first = try fourDigits()
        if (0xD800..<0xDC00).contains(first), bytes.dropFirst(offset).starts(with: "\\u".utf8) {
            let start = offset
            offset += 2
            let second = try fourDigits()
            if (0xDC00..<0xE000).contains(second) {
                return Unicode.Scalar(0x10000 + (first - 0xD800) << 10 + (second - 0xDC00)) ?? "\u{FFFD}"
            }
            offset = start
        }
        return Unicode.Scalar(first) ?? "\u{FFFD}"
    }

    private mutating func fourDigits() throws(JSONFault) -> UInt32 {
        let digits = bytes.dropFirst(offset).prefix(4)
        let areDigits = digits.count == 4 && digits.allSatisfy { Character(Unicode.Scalar($0)).isHexDigit }
        guard areDigits, let code = UInt32(String(decoding: digits, as: UTF8.self), radix: 16) else {
            throw fault("incomplete escape sequence")
        }
        offset += 4
        return code
    }

    private mutating func number() throws(JSONFault) -> String {
        let start = offset
        if current == UInt8(ascii: "-") { offset += 1 }
        if current == UInt8(ascii: "0") { offset += 1 } else { try digits() }
        if current == UInt8(ascii: ".") {
            offset += 1
            try digits()
        }
        if current == UInt8(ascii: "e") || current == UInt8(ascii: "E") {
            offset += 1
            if current == UInt8(ascii: "+") || current == UInt8(ascii: "-") { offset += 1 }
            try digits()
        }
        return isSkipping ? "" : String(decoding: bytes[start..<offset], as: UTF8.self)
    }

    private mutating func digits() throws(JSONFault) {
        let start = offset
        while let byte = current, Self.digits.contains(byte) { offset += 1 }
        guard offset > start else { throw fault("incomplete number") }
    }

    private mutating func word(_ word: String, _ value: JSONValue) throws(JSONFault) -> JSONValue {
        guard bytes.dropFirst(offset).starts(with: word.utf8) else { throw fault("expected a value") }
        offset += word.utf8.count
        return value
    }

    /// Consumes `mark` and preceding whitespace if it comes next.
    private mutating func take(_ mark: Unicode.Scalar) -> Bool {
        skipSpace()
        guard current == UInt8(ascii: mark) else { return false }
        offset += 1
        return true
    }

    private mutating func skipSpace() {
        while let byte = current, byte == 0x20 || byte == 0x09 || byte == 0x0A || byte == 0x0D { offset += 1 }
    }

    private var current: UInt8? {
        offset < bytes.count ? bytes[offset] : nil
    }

    private func fault(_ reason: String) -> JSONFault {
        JSONFault(reason: reason, offset: offset)
    }
}
