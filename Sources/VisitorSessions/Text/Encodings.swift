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
    package init?(base64URL text: Substring) {
        var text = text
        guard let bytes = text.withUTF8(Self.bytes(base64URL:)) else { return nil }
        self.init(bytes)
    }

    private static func bytes(base64URL text: UnsafeBufferPointer<UInt8>) -> [UInt8]? {
        let values = base64Digits
        var bytes = [UInt8]()
        bytes.reserveCapacity(text.count * 3 / 4)
        // The digits read, as bits: the lowest don't make a byte yet.
        var (bits, digits, isPadded) = (0 as UInt32, 0, false)
        for byte in text {
            guard byte != UInt8(ascii: "=") else {
                isPadded = true
                continue
            }
            let digit = values[Int(byte)]
            guard digit < 64, !isPadded else { return nil }
            bits = bits << 6 | UInt32(digit)
            digits += 1
            switch digits & 3 {
            case 2: bytes.append(UInt8(truncatingIfNeeded: bits >> 4))
            case 3: bytes.append(UInt8(truncatingIfNeeded: bits >> 2))
            case 0: bytes.append(UInt8(truncatingIfNeeded: bits))
            default: break
            }
        }
        return digits & 3 == 1 ? nil : bytes
    }

    /// The value of each base64 and base64url digit. 255: no digit.
    private static let base64Digits: [UInt8] = {
        var digits = [UInt8](repeating: 255, count: 256)
        let alphabet = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789"
        for (value, byte) in alphabet.utf8.enumerated() { digits[Int(byte)] = UInt8(value) }
        for (byte, value) in zip("+-/_".utf8, [62, 62, 63, 63] as [UInt8]) { digits[Int(byte)] = value }
        return digits
    }()
}
