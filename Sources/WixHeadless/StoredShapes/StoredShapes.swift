public import struct Foundation.Date

/// The shapes in which real applications keep tokens (Wix documentation and templates).
public enum StoredShapes {
    /// The largest text that is read, in bytes of UTF-8.
    public static let sizeLimit = 4 << 20

    /// In the order in which they are tried: each passes on what is not its own.
    private static let shapes: [any StoredShape.Type] = [
        ClientTokens.self, SDKTokens.self, EndpointTokens.self, FlatTokens.self, RefreshTokenAlone.self,
    ]

    /// The tokens in `text`, which may be percent-encoded, quoted, and surrounded by white space.
    ///
    /// - Parameter now: The local clock: dates what has only a lifetime.
    public static func read(_ text: String, now: Date) throws(UnreadableTokens) -> ReadTokens {
        guard text.utf8.count <= sizeLimit else {
            throw UnreadableTokens("This is larger than \(sizeLimit >> 20) MiB, which no tokens are.")
        }
        let content = UnwrappedText(text).content
        guard !content.isEmpty else { throw UnreadableTokens("There is nothing here.") }
        guard content.hasPrefix("{") || content.hasPrefix("[") else { return try BareToken.read(content) }

        let json: JSONValue
        do {
            json = try JSONReader.read(content.utf8, uniqueNames: true)
        } catch {
            throw UnreadableTokens("This JSON cannot be read: \(error.reason) (\(place(error.offset, in: content))).")
        }
        for shape in shapes {
            if let tokens = try shape.read(json, now: now) { return tokens }
        }
        throw UnreadableTokens("This is JSON, but in no known shape: it has neither accessToken nor refreshToken.")
    }

    /// Line and column, from 1, of what the reader was given.
    private static func place(_ offset: Int, in text: String) -> String {
        let lines = text.utf8.prefix(offset).split(separator: UInt8(ascii: "\n"), omittingEmptySubsequences: false)
        let column = lines.last.map { String(decoding: $0, as: UTF8.self).count + 1 } ?? 1
        return "line \(max(lines.count, 1)), column \(column)"
    }
}
