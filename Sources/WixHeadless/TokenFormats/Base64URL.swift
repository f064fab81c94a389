import Foundation

/// base64url (RFC 4648, section 5) as tokens have it: without padding, and tolerant of it.
enum Base64URL {
    /// The bytes. `nil` where `text` has other characters or a length that cannot be.
    static func decode(_ text: some StringProtocol) -> Data? {
        var standard = String(text.map { $0 == "-" ? "+" : $0 == "_" ? "/" : $0 })
        while standard.hasSuffix("=") { standard.removeLast() }
        guard standard.utf8.count % 4 != 1, !standard.utf8.contains(UInt8(ascii: "=")) else { return nil }
        standard += String(repeating: "=", count: (4 - standard.utf8.count % 4) % 4)
        return Data(base64Encoded: standard)
    }
}
