import Foundation

/// base64url (RFC 4648, section 5) as tokens have it: without padding, and tolerant of it.
enum Base64URL {
    /// The bytes. `nil` where `text` has other characters or a length that cannot be.
    static func decode(_ text: some StringProtocol) -> Data? {
        let padding = UInt8(ascii: "=")
        var standard = text.utf8.map { byte in
            byte == UInt8(ascii: "-") ? UInt8(ascii: "+") : byte == UInt8(ascii: "_") ? UInt8(ascii: "/") : byte
        }
        while standard.last == padding { standard.removeLast() }
        guard standard.count % 4 != 1, !standard.contains(padding) else { return nil }
        standard += Array(repeating: padding, count: (4 - standard.count % 4) % 4)
        return Data(base64Encoded: Data(standard))
    }
}
