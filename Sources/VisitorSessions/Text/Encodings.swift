package import Foundation

extension Sequence<UInt8> {
    /// Two lower-case hexadecimal digits per byte.
    package var hexadecimal: String {
        map { String($0 >> 4, radix: 16) + String($0 & 15, radix: 16) }.joined()
    }
}

extension String {
    /// Calls `body` with the text's UTF-8 bytes. Iterating over `utf8` takes many times as long.
    package func withBytes<Value>(_ body: (UnsafeBufferPointer<UInt8>) -> Value) -> Value {
        var text = self
        return text.withUTF8(body)
    }
}

extension Data {
    /// base64url without padding, as in tokens (RFC 7515, section 2).
    package var base64URL: String {
        base64EncodedString().filter { $0 != "=" }.replacing("+", with: "-").replacing("/", with: "_")
    }

    /// Decodes base64url (RFC 4648, section 5), with or without padding.
    package init?(base64URL text: Substring) {
        guard let bytes = String(text).withBytes(Self.bytes(base64URL:)) else { return nil }
        self.init(bytes)
    }

    /// Like ``init(base64URL:)``, without a copy.
    package static func bytes(base64URL text: UnsafeBufferPointer<UInt8>) -> [UInt8]? {
        let values = base64Digits
        var isValid = true
        let bytes = [UInt8](unsafeUninitializedCapacity: text.count * 3 / 4 + 1) { bytes, count in
            // The digits read so far, as bits. The lowest bits don't form a whole byte yet.
            var (bits, digits, isPadded) = (0 as UInt32, 0, false)
            for byte in text {
                guard byte != UInt8(ascii: "=") else {
                    isPadded = true
                    continue
                }
                let digit = values[Int(byte)]
                guard digit < 64, !isPadded else { return isValid = false }
                bits = bits << 6 | UInt32(digit)
                digits += 1
                guard digits & 3 != 1 else { continue }
                // Four bits are left over after two digits, two after three, none after four.
                bytes[count] = UInt8(truncatingIfNeeded: bits >> (UInt32(-digits & 3) * 2))
                count += 1
            }
            isValid = digits & 3 != 1
        }
        return isValid ? bytes : nil
    }

    /// The value of each base64 and base64url digit. 255: not a digit.
    private static let base64Digits: [UInt8] = {
        var digits = [UInt8](repeating: 255, count: 256)
        let alphabet = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789"
        for (value, byte) in alphabet.utf8.enumerated() { digits[Int(byte)] = UInt8(value) }
        for (byte, value) in zip("+-/_".utf8, [62, 62, 63, 63] as [UInt8]) { digits[Int(byte)] = value }
        return digits
    }()
}
