import Foundation
import VisitorSessions

/// Decodes the bytes of a file or paste.
enum InputBytes {
    /// The text, in UTF-8, or in UTF-16 with a byte order mark or with every second byte zero.
    static func text(_ bytes: Data) throws(UnreadableTokens) -> String {
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
