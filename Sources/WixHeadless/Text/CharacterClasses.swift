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
