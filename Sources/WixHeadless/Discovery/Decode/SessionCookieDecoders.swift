import Foundation
import VisitorSessions

/// JSON followed by a signature: `{…}.<signature>`.
enum SignedJSONDecoder: TextDecoder {
    static func decode(_ text: String) -> DecodedText? {
        guard text.utf8.first == UInt8(ascii: "{"), text.utf8.last != UInt8(ascii: "}"),
            let end = text.utf8.lastIndex(of: UInt8(ascii: "}"))
        else { return nil }
        let tail = text.utf8[text.utf8.index(after: end)...]
        guard tail.first == UInt8(ascii: "."), tail.count > 16, tail.dropFirst().allSatisfy(\.isBase64Digit)
        else { return nil }
        return DecodedText(text: String(text[...end]), step: "signature dropped")
    }
}

/// Express's cookies: `j:` before JSON, and `s:` before a value with a signature.
enum ExpressDecoder: TextDecoder {
    static func decode(_ text: String) -> DecodedText? {
        if text.utf8.starts(with: "j:{".utf8) || text.utf8.starts(with: "j:[".utf8) {
            return DecodedText(text: String(text.dropFirst(2)), step: "j: prefix dropped")
        }
        guard text.utf8.starts(with: "s:".utf8), let dot = text.utf8.lastIndex(of: UInt8(ascii: ".")),
            text.utf8.count > 4
        else { return nil }
        return DecodedText(text: String(text[..<dot].dropFirst(2)), step: "signature dropped")
    }
}

/// JSON in base64 or base64url, as in the session cookies of web frameworks: `<JSON>`, `<JSON>.<signature>`,
/// `<JSON>.<time>.<signature>`, `base64-<JSON>`, and the payload of a signed JWT that wraps tokens.
enum Base64JSONDecoder: TextDecoder {
    private static let prefixes = ["base64-", "base64:", "b64:"]

    static func decode(_ text: String) -> DecodedText? {
        var content = text.utf8[...]
        if let prefix = prefixes.first(where: { content.starts(with: $0.utf8) }) {
            content = content.dropFirst(prefix.utf8.count)
        }
        // The first characters rule out nearly all other text.
        guard content.count >= 8, let first = bytes(content.prefix(4))?.first, "{[\"".utf8.contains(first),
            content.allSatisfy({ $0.isBase64Digit || $0 == UInt8(ascii: ".") || $0 == UInt8(ascii: "=") })
        else { return nil }
        let parts = content.split(separator: UInt8(ascii: "."), omittingEmptySubsequences: false)
        guard parts.count <= 3, let json = bytes(parts[0]), let decoded = String(validating: json, as: UTF8.self)
        else { return nil }
        if parts.count == 3, let header = try? JSONReader.read(json), header["alg"] != nil {
            // A JWT is a token itself, unless its payload contains tokens.
            guard let payload = bytes(parts[1]).flatMap({ String(validating: $0, as: UTF8.self) }),
                payload.hasBytes("JWS.")
            else { return nil }
            return DecodedText(text: payload, step: "payload of a JWT")
        }
        return DecodedText(text: decoded, step: parts.count == 1 ? "base64 JSON" : "base64 JSON, signature dropped")
    }

    private static func bytes(_ text: Substring.UTF8View) -> Data? {
        Data(base64URL: Substring(text))
    }
}

/// Decodes the bytes of a file or paste.
enum InputBytes {
    /// Decodes UTF-8, or UTF-16 that has a byte order mark or a zero in every second byte.
    static func text(_ bytes: Data) throws(UnreadableTokens) -> String {
        // A fast path for JSON, such as each line of a large file.
        if bytes.first == UInt8(ascii: "{"), bytes.dropFirst().first != 0,
            let text = String(data: bytes, encoding: .utf8)
        {
            return text
        }
        let isBigEndian = bytes.starts(with: [0xFE, 0xFF]) || isUTF16(bytes, zeroFirst: true)
        if isBigEndian || bytes.starts(with: [0xFF, 0xFE]) || isUTF16(bytes, zeroFirst: false) {
            guard let text = String(data: bytes, encoding: isBigEndian ? .utf16BigEndian : .utf16LittleEndian) else {
                throw UnreadableTokens("This looks like UTF-16 and can't be decoded.")
            }
            return text
        }
        guard !bytes.starts(with: [0x1F, 0x8B]) else { throw UnreadableTokens("This is compressed. Unpack it first.") }
        guard !bytes.starts(with: Data("SQLite format 3\0".utf8)) else {
            throw UnreadableTokens("This is an SQLite database: import it as a file.")
        }
        guard let text = String(data: bytes, encoding: .utf8) else {
            throw UnreadableTokens("The input isn't UTF-8 text.")
        }
        return text
    }

    private static func isUTF16(_ bytes: Data, zeroFirst: Bool) -> Bool {
        let head = Array(bytes.prefix(16))
        guard head.count >= 8, bytes.count % 2 == 0 else { return false }
        return head.indices.allSatisfy { (head[$0] == 0) == ((($0 % 2) == 0) == zeroFirst) }
    }
}
