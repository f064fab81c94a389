package import Foundation

extension Sequence<UInt8> {
    /// Two lower-case hexadecimal digits per byte.
    package var hexadecimal: String {
        map { String($0 >> 4, radix: 16) + String($0 & 15, radix: 16) }.joined()
    }
}

extension Data {
    /// base64url without padding, as in tokens (RFC 7515, section 2).
    package var base64URL: String {
        base64EncodedString().filter { $0 != "=" }.replacing("+", with: "-").replacing("/", with: "_")
    }

    /// Decodes base64url (RFC 4648, section 5), with or without padding.
    package init?(base64URL text: some StringProtocol) {
        let padding = UInt8(ascii: "=")
        var standard = text.utf8.map { byte in
            byte == UInt8(ascii: "-") ? UInt8(ascii: "+") : byte == UInt8(ascii: "_") ? UInt8(ascii: "/") : byte
        }
        while standard.last == padding { standard.removeLast() }
        guard standard.count % 4 != 1, !standard.contains(padding) else { return nil }
        standard += Array(repeating: padding, count: (4 - standard.count % 4) % 4)
        self.init(base64Encoded: Data(standard))
    }
}
