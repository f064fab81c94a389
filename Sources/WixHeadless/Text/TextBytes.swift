import Foundation

extension StringProtocol {
    /// Whether it contains these bytes. `contains` compares characters and takes many times as long.
    func hasBytes(_ wanted: StaticString) -> Bool {
        let wanted = UnsafeBufferPointer(start: wanted.utf8Start, count: wanted.utf8CodeUnitCount)
        var text = String(self)
        return text.withUTF8 { bytes in
            var start = 0
            while let next = bytes[start...].firstIndex(of: wanted[0]) {
                if bytes[next...].starts(with: wanted) { return true }
                start = next + 1
            }
            return false
        }
    }

    /// The text without blanks around it.
    var withoutBlanks: String {
        let text = String(self)
        return text.isTight ? text : text.trimmingCharacters(in: .whitespaces)
    }

    var hasLineBreak: Bool { utf8.contains { $0 == UInt8(ascii: "\n") || $0 == UInt8(ascii: "\r") } }
}

extension String {
    /// Whether it begins and ends with visible ASCII. Most texts do, and this is much cheaper than trimming.
    var isTight: Bool {
        let visible = UInt8(ascii: "!")...UInt8(ascii: "~")
        guard let first = utf8.first, let last = utf8.last else { return true }
        return visible ~= first && visible ~= last
    }
}

extension UInt8 {
    /// Whether this is an ASCII letter or digit, `_` or `-`: a character of names and of base64url.
    var isNameByte: Bool {
        switch self {
        case UInt8(ascii: "0")...UInt8(ascii: "9"), UInt8(ascii: "A")...UInt8(ascii: "Z"),
            UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "_"), UInt8(ascii: "-"):
            true
        default: false
        }
    }

    /// Whether this is a character of a signed token in compact form (RFC 7515, section 3.1).
    var isTokenByte: Bool { isNameByte || self == UInt8(ascii: ".") }

    /// Whether this is a digit of base64 or base64url.
    var isBase64Digit: Bool { isNameByte || self == UInt8(ascii: "+") || self == UInt8(ascii: "/") }
}
